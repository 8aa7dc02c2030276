// Decodes chunks as a sink of metricq-cpp does, with protobuf's own library: parse, then add up the
// times. Answers lines such as {"size":1000,"points":50000} until nobody asks.

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
volatile std::int64_t sink;

std::string encode(std::int64_t size) {
  metricq::DataChunk chunk;
  std::int64_t previous_ns = 0;
  for (std::int64_t at = 0; at < size; ++at) {
    const std::int64_t time_ns = 1'700'000'000'000'000'000 + at * 1'000'000;
    chunk.add_time_delta(time_ns - previous_ns);
    chunk.add_value(static_cast<double>(at));
    previous_ns = time_ns;
  }
  return chunk.SerializeAsString();
}

double decode(std::int64_t size, std::int64_t points) {
  const std::string bytes = encode(size);
  std::vector<std::int64_t> times_ns(size);
  const auto start = std::chrono::steady_clock::now();
  metricq::DataChunk chunk;
  for (std::int64_t first = 0; first < std::max(points, size); first += size) {
    chunk.ParseFromString(bytes);
    std::int64_t time_ns = 0;
    for (int at = 0; at < chunk.value_size(); ++at) {
      time_ns += chunk.time_delta(at);
      times_ns[at] = time_ns;
    }
    sink = time_ns;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  std::int64_t size = 0;
  std::int64_t points = 0;
  while (std::scanf(" {\"size\":%" SCNd64 ",\"points\":%" SCNd64 "}", &size, &points) == 2) {
    std::printf("{\"seconds\":%.9f}\n", decode(size, points));
    std::fflush(stdout);
  }
}
