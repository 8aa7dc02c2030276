// A source in C++, as far as the data goes: sends one chunk with protobuf's and RabbitMQ's own libraries.
// source HOST PORT USER PASSWORD VHOST METRIC TIME_NS VALUE [TIME_NS VALUE ...]

#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "datachunk.pb.h"

namespace {

void require(bool is_done, const char* what) {
  if (is_done) return;
  std::fprintf(stderr, "Cannot %s\n", what);
  std::exit(1);
}

bool is_normal(const amqp_rpc_reply_t& reply) {
  return reply.reply_type == AMQP_RESPONSE_NORMAL;
}

}  // namespace

int main(int argc, char** argv) {
  require(argc >= 9 && argc % 2 == 1, "start: six arguments and pairs of time and value are required");
  metricq::DataChunk chunk;
  std::int64_t previous_ns = 0;
  for (int at = 7; at < argc; at += 2) {
    const std::int64_t time_ns = std::stoll(argv[at]);
    chunk.add_time_delta(time_ns - previous_ns);
    chunk.add_value(std::strtod(argv[at + 1], nullptr));
    previous_ns = time_ns;
  }
  const std::string body = chunk.SerializeAsString();

  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  require(amqp_socket_open(socket, argv[1], std::atoi(argv[2])) == 0, "open the socket");
  require(is_normal(amqp_login(connection, argv[5], 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                               AMQP_SASL_METHOD_PLAIN, argv[3], argv[4])),
          "log in");
  amqp_channel_open(connection, 1);
  require(is_normal(amqp_get_rpc_reply(connection)), "open the channel");
  const amqp_bytes_t bytes{body.size(), const_cast<char*>(body.data())};
  require(amqp_basic_publish(connection, 1, amqp_cstring_bytes("metricq.data"),
                             amqp_cstring_bytes(argv[6]), 0, 0, nullptr, bytes) == AMQP_STATUS_OK,
          "publish");
  require(is_normal(amqp_channel_close(connection, 1, AMQP_REPLY_SUCCESS)), "close the channel");
  require(is_normal(amqp_connection_close(connection, AMQP_REPLY_SUCCESS)), "close the connection");
  amqp_destroy_connection(connection);
  return 0;
}
