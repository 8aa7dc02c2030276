// Encodes chunks as metricq-cpp does, with protobuf's own library: append each point, then serialize.
// Answers lines such as {"size":1000,"points":50000} until nobody asks.

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "datachunk.pb.h"

namespace {

// Keeps the compiler from leaving out what nobody reads.
volatile std::size_t sink;

constexpr std::int64_t kLargestChunk = 10'000;

// Made before anything is measured, as in the other programs.
std::vector<std::int64_t> make_times_ns() {
  std::vector<std::int64_t> times_ns;
  for (std::int64_t at = 0; at < kLargestChunk; ++at) {
    times_ns.push_back(1'700'000'000'000'000'000 + at * 1'000'000);
  }
  return times_ns;
}

double encode(const std::vector<std::int64_t>& times_ns, std::int64_t size, std::int64_t points) {
  const auto start = std::chrono::steady_clock::now();
  metricq::DataChunk chunk;
  std::string bytes;
  for (std::int64_t first = 0; first < std::max(points, size); first += size) {
    std::int64_t previous_ns = 0;
    for (std::int64_t at = 0; at < size; ++at) {
      const std::int64_t time_ns = times_ns[at];
      chunk.add_time_delta(time_ns - previous_ns);
      chunk.add_value(static_cast<double>(at));
      previous_ns = time_ns;
    }
    bytes = chunk.SerializeAsString();
    sink = bytes.size();
    chunk.clear_time_delta();
    chunk.clear_value();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  const std::vector<std::int64_t> times_ns = make_times_ns();
  std::int64_t size = 0;
  std::int64_t points = 0;
  while (std::scanf(" {\"size\":%" SCNd64 ",\"points\":%" SCNd64 "}", &size, &points) == 2) {
    std::printf("{\"seconds\":%.9f}\n", encode(times_ns, size, points));
    std::fflush(stdout);
  }
}
