// Sends a point at each tick of a timer: `ticking URL`. It waits as asio does on Linux
// (a timerfd in epoll), on a grid as metricq-cpp's Timer, and publishes transient messages with
// librabbitmq. Answers lines such as {"periodsMs":[10],"seconds":5}.

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include "datachunk.pb.h"

namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

void require(bool is_fine, const std::string& action) {
  if (!is_fine) throw std::runtime_error("Cannot " + action);
}

class Publisher {
 public:
  explicit Publisher(std::string url) {
    amqp_connection_info info;
    require(amqp_parse_url(url.data(), &info) == AMQP_STATUS_OK, "parse the URL");
    amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
    require(socket != nullptr, "make a socket");
    require(amqp_socket_open(socket, info.host, info.port) == AMQP_STATUS_OK, "connect");
    // For a URL that ends in a slash it reads the name "", which no vhost has.
    const char* vhost = std::strlen(info.vhost) == 0 ? "/" : info.vhost;
    require(amqp_login(connection_, vhost, 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password)
                    .reply_type == AMQP_RESPONSE_NORMAL,
            "log in");
    amqp_channel_open(connection_, kChannel);
    require(amqp_get_rpc_reply(connection_).reply_type == AMQP_RESPONSE_NORMAL, "open a channel");
  }

  void send(std::int64_t time_ns, double value) {
    metricq::DataChunk chunk;
    chunk.add_time_delta(time_ns);
    chunk.add_value(value);
    chunk.SerializeToString(&body_);
    require(amqp_basic_publish(connection_, kChannel, amqp_cstring_bytes("metricq.data"),
                               amqp_cstring_bytes("bench.ticking"), 0, 0, nullptr,
                               {body_.size(), body_.data()}) == AMQP_STATUS_OK,
            "publish");
  }

 private:
  amqp_connection_state_t connection_ = amqp_new_connection();
  std::string body_;
};

std::int64_t now_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

/// Waits for absolute times, in an event loop's way.
class Timer {
 public:
  Timer() {
    require(timer_ >= 0 && epoll_ >= 0, "make a timer");
    epoll_event event{};
    event.events = EPOLLIN;
    require(epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) == 0, "wait for a timer");
  }

  void wait_until(std::int64_t deadline_ns) {
    itimerspec spec{};
    spec.it_value.tv_sec = deadline_ns / kNsPerSecond;
    spec.it_value.tv_nsec = deadline_ns % kNsPerSecond;
    require(timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0, "set a timer");
    epoll_event event{};
    while (epoll_wait(epoll_, &event, 1, -1) != 1) {
    }
    std::uint64_t expirations = 0;
    require(read(timer_, &expirations, sizeof expirations) == sizeof expirations, "read a timer");
  }

 private:
  const int timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  const int epoll_ = epoll_create1(0);
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double quantile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return NAN;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

void answer(Publisher& publisher, double period_ms, double seconds) {
  const auto period_ns = static_cast<std::int64_t>(period_ms * 1e6);
  Timer timer;
  std::vector<double> lateness_us;
  std::int64_t missed = 0;
  const double cpu_before = cpu_seconds();
  const std::int64_t start_ns = now_ns(CLOCK_MONOTONIC);
  const auto end_ns = start_ns + static_cast<std::int64_t>(seconds * 1e9);
  for (std::int64_t deadline_ns = start_ns + period_ns; deadline_ns < end_ns; deadline_ns += period_ns) {
    if (deadline_ns <= now_ns(CLOCK_MONOTONIC)) {
      ++missed;
      continue;
    }
    timer.wait_until(deadline_ns);
    lateness_us.push_back(static_cast<double>(now_ns(CLOCK_MONOTONIC) - deadline_ns) / 1e3);
    publisher.send(now_ns(CLOCK_REALTIME), lateness_us.back());
  }
  const double cpu = 100 * (cpu_seconds() - cpu_before) / seconds;
  std::sort(lateness_us.begin(), lateness_us.end());
  const auto ticks = static_cast<double>(lateness_us.size());
  std::printf(
      "{\"ticks\":%.0f,\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"missed\":%.3f,\"cpu\":%.3f}\n", ticks,
      quantile(lateness_us, 0.5), quantile(lateness_us, 0.99), quantile(lateness_us, 1),
      100 * static_cast<double>(missed) / (static_cast<double>(missed) + ticks), cpu);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    require(argc == 2, "begin: a URL is required");
    Publisher publisher(argv[1]);
    double period_ms = 0;
    double seconds = 0;
    while (std::scanf(" {\"periodsMs\":[%lf],\"seconds\":%lf", &period_ms, &seconds) == 2) {
      int rest = 0;
      while ((rest = std::getchar()) != '\n' && rest != EOF) {
      }
      answer(publisher, period_ms, seconds);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
