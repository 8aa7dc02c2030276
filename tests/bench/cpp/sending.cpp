// Sends chunks to a broker, encoded with protobuf's own library and published with librabbitmq:
// `sending URL at-most-once|confirmed`. Messages are transient, or with confirms persistent.
// Answers lines such as {"points":50000,"chunkSize":10,"metrics":1} when all is handed over, or
// confirmed if it is to be. The messages of more than one metric go to the metrics in turn.

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include "datachunk.pb.h"

namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr int kFrameMaxBytes = 131'072;
constexpr int kHeartbeatSeconds = 0;
constexpr std::uint64_t kWindowMessages = 4096;
constexpr std::uint8_t kTransient = 1;
constexpr std::uint8_t kPersistent = 2;
const char* const kExchange = "metricq.data";
const std::string kLastMetric = "bench.sending.last";

void require(bool is_fine, const std::string& action) {
  if (!is_fine) throw std::runtime_error("Cannot " + action);
}

void require_reply(const amqp_rpc_reply_t& reply, const std::string& action) {
  require(reply.reply_type == AMQP_RESPONSE_NORMAL, action);
}

class Publisher {
 public:
  Publisher(std::string url, bool is_confirmed) : is_confirmed_(is_confirmed) {
    amqp_connection_info info;
    require(amqp_parse_url(url.data(), &info) == AMQP_STATUS_OK, "parse the URL");
    amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
    require(socket != nullptr, "make a socket");
    require(amqp_socket_open(socket, info.host, info.port) == AMQP_STATUS_OK, "connect");
    // For a URL that ends in a slash it reads the name "", which no vhost has.
    const char* vhost = std::strlen(info.vhost) == 0 ? "/" : info.vhost;
    require_reply(amqp_login(connection_, vhost, 0, kFrameMaxBytes, kHeartbeatSeconds,
                             AMQP_SASL_METHOD_PLAIN, info.user, info.password),
                  "log in");
    amqp_channel_open(connection_, kChannel);
    require_reply(amqp_get_rpc_reply(connection_), "open a channel");
    if (is_confirmed_) {
      amqp_confirm_select(connection_, kChannel);
      require_reply(amqp_get_rpc_reply(connection_), "ask for confirms");
    }
    properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties_.delivery_mode = is_confirmed ? kPersistent : kTransient;
  }

  void publish(const std::string& metric, const std::string& body) {
    while (is_confirmed_ && published_ + 1 - open_from_ >= kWindowMessages) read_confirm(nullptr);
    const int status = amqp_basic_publish(
        connection_, kChannel, amqp_cstring_bytes(kExchange), amqp_cstring_bytes(metric.c_str()), 0, 0,
        &properties_, {body.size(), const_cast<char*>(body.data())});
    require(status == AMQP_STATUS_OK, "publish");
    ++published_;
    // What has come is read now and then, so that the broker is not held up.
    if (is_confirmed_ && published_ % 64 == 0) read_waiting_confirms();
  }

  void flush() {
    while (is_confirmed_ && confirmed_ < published_) read_confirm(nullptr);
  }

 private:
  void read_waiting_confirms() {
    timeval no_time{0, 0};
    while (confirmed_ < published_ && read_confirm(&no_time)) {
    }
  }

  /// Returns false if none has come in time.
  bool read_confirm(timeval* timeout) {
    amqp_maybe_release_buffers(connection_);
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(connection_, &frame, timeout);
    if (status == AMQP_STATUS_TIMEOUT) return false;
    require(status == AMQP_STATUS_OK && frame.frame_type == AMQP_FRAME_METHOD &&
                frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
            "read a confirm");
    const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
    count_confirm(ack->delivery_tag, ack->multiple);
    return true;
  }

  /// A broker confirms in any order: one tag may come before another that speaks for all up to it.
  void count_confirm(std::uint64_t tag, bool is_multiple) {
    std::uint64_t first = is_multiple ? open_from_ : tag;
    for (; first <= tag; ++first) {
      if (is_confirmed_tag_[first % kWindowMessages]) continue;
      is_confirmed_tag_[first % kWindowMessages] = true;
      ++confirmed_;
    }
    while (open_from_ <= published_ && is_confirmed_tag_[open_from_ % kWindowMessages]) {
      is_confirmed_tag_[open_from_++ % kWindowMessages] = false;
    }
  }

  amqp_connection_state_t connection_ = amqp_new_connection();
  amqp_basic_properties_t properties_{};
  const bool is_confirmed_;
  std::uint64_t published_ = 0;
  std::uint64_t confirmed_ = 0;
  std::uint64_t open_from_ = 1;  // the first tag that is not confirmed
  std::vector<bool> is_confirmed_tag_ = std::vector<bool>(kWindowMessages);
};

/// Points of one metric, sent when there are enough of them.
class Metric {
 public:
  Metric(std::string name, std::int64_t chunk_size) : name_(std::move(name)), chunk_size_(chunk_size) {}

  void send(Publisher& publisher, std::int64_t time_ns, double value) {
    chunk_.add_time_delta(time_ns - previous_ns_);
    chunk_.add_value(value);
    previous_ns_ = time_ns;
    if (chunk_.value_size() < chunk_size_) return;
    chunk_.SerializeToString(&bytes_);
    publisher.publish(name_, bytes_);
    chunk_.clear_time_delta();
    chunk_.clear_value();
    previous_ns_ = 0;
  }

 private:
  std::string name_;
  std::int64_t chunk_size_;
  metricq::DataChunk chunk_;
  std::string bytes_;
  std::int64_t previous_ns_ = 0;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_mib() {
  std::int64_t size = 0;
  std::int64_t resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  require(file != nullptr, "read /proc/self/statm");
  const int read = std::fscanf(file, "%" SCNd64 " %" SCNd64, &size, &resident);
  std::fclose(file);
  require(read == 2, "read /proc/self/statm");
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

void answer(Publisher& publisher, std::int64_t points, std::int64_t chunk_size, std::int64_t metrics) {
  std::vector<Metric> all;
  for (std::int64_t at = 0; at < metrics; ++at) {
    all.emplace_back("bench.sending.metric" + std::to_string(at), chunk_size);
  }
  const double start_ms = now_ms();
  const double cpu_before = cpu_seconds();
  std::int64_t time_ns = 1'700'000'000'000'000'000;
  for (std::int64_t sent = 0; sent < points; time_ns += 1'000'000) {
    for (Metric& metric : all) metric.send(publisher, time_ns, static_cast<double>(sent++));
  }
  Metric(kLastMetric, 1).send(publisher, time_ns, 0);
  publisher.flush();
  std::printf("{\"startMs\":%.3f,\"cpuSeconds\":%.6f,\"residentMiB\":%.1f}\n", start_ms,
              cpu_seconds() - cpu_before, resident_mib());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    require(argc == 3, "begin: a URL and a kind of delivery are required");
    Publisher publisher(argv[1], std::strcmp(argv[2], "confirmed") == 0);
    std::int64_t points = 0;
    std::int64_t chunk_size = 0;
    std::int64_t metrics = 0;
    while (std::scanf(" {\"points\":%" SCNd64 ",\"chunkSize\":%" SCNd64 ",\"metrics\":%" SCNd64, &points,
                      &chunk_size, &metrics) == 3) {
      int rest = 0;
      while ((rest = std::getchar()) != '\n' && rest != EOF) {
      }
      answer(publisher, points, chunk_size, metrics);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
