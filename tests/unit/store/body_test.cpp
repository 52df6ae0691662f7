#include "store/body.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "archive/file_layer.hpp"
#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "fakes/wheel.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

TEST(LayerBodyTest, IsReadFromTheWheelsInAnyPieces) {
  const test::Scratch scratch;
  fakes::FakeWork work;
  const auto store = Store::open(scratch / "store", work).value();
  LayerWheels wheels;
  for (const std::string name : {"one", "two"}) {
    const auto bytes = fakes::make_wheel(
        {.name = name, .version = "1", .files = {{name + "/a.py", std::string(300000, name[0])}}});
    wheels.push_back({Digest::of(bytes), scratch / (name + ".whl")});
    ASSERT_TRUE(write_file(wheels.back().path, bytes));
  }
  const archive::LayerSpec spec = {"/opt/venv", fakes::python("3.12"), "/opt/venv/bin/python3"};
  auto facts = layer_facts(store, std::span(&wheels, 1), spec, work).value().front();
  const auto body = layer_body(wheels, spec, facts);
  ASSERT_TRUE(body) << body.error().text();
  EXPECT_EQ((*body)->size(), facts.size);
  for (const std::size_t piece :
       {std::size_t{7}, std::size_t{4096}, static_cast<std::size_t>(facts.size) + 1}) {
    std::string whole;
    std::string buffer(piece, '\0');
    while (const auto got = (*body)->read(whole.size(), buffer).value()) whole.append(buffer, 0, got);
    EXPECT_EQ(Digest::of(whole), facts.layer) << piece;
    std::string part(50, '\0');
    EXPECT_EQ((*body)->read(1000, part).value(), 50U);
    EXPECT_EQ(part, whole.substr(1000, 50));
    EXPECT_EQ((*body)->read(facts.size - 3, part).value(), 3U);
    EXPECT_EQ(part.substr(0, 3), whole.substr(facts.size - 3));
  }
  facts.size += 1;
  EXPECT_EQ(layer_body(wheels, spec, facts).error().message(),
            fmt::format("the layer of one.whl has {} bytes, expected {}", facts.size - 1, facts.size));
}

/// Bytes of a file that are mapped into this process's memory.
std::uint64_t in_memory(const std::filesystem::path& path) {
  std::istringstream maps(read_file("/proc/self/smaps").value());
  std::uint64_t kilobytes = 0;
  bool of_file = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) of_file = line.ends_with(path.string());
    if (of_file && line.starts_with("Rss:")) kilobytes += std::stoull(line.substr(4));
  }
  return kilobytes << 10;
}

TEST(LayerBodyTest, KeepsLittleOfAWheelInMemory) {
  const test::Scratch scratch;
  fakes::FakeWork work;
  const auto store = Store::open(scratch / "store", work).value();
  std::string content(std::size_t{12} << 20, '\0');
  std::mt19937 random;  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  std::generate(content.begin(), content.end(), [&] { return static_cast<char>(random()); });
  const auto bytes = fakes::make_wheel({.name = "large", .version = "1", .files = {{"large/a.so", content}}});
  const LayerWheels wheels = {{Digest::of(bytes), scratch / "large.whl"}};
  ASSERT_TRUE(write_file(wheels.front().path, bytes));
  const archive::LayerSpec spec = {"/opt/venv", fakes::python("3.12"), "/opt/venv/bin/python3"};
  const auto facts = layer_facts(store, std::span(&wheels, 1), spec, work).value().front();
  const auto body = layer_body(wheels, spec, facts).value();
  EXPECT_EQ(in_memory(wheels.front().path), 0U) << "before it is read";
  std::string buffer(std::size_t{1} << 20, '\0');
  std::uint64_t most = 0;
  std::uint64_t at = 0;
  while (const auto got = body->read(at, buffer).value()) {
    at += got;
    most = std::max(most, in_memory(wheels.front().path));
  }
  EXPECT_EQ(at, facts.size);
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, std::uint64_t{8} << 20);
  EXPECT_LE(in_memory(wheels.front().path), std::uint64_t{1} << 20) << "after its end";
}

TEST(LayerBodyTest, OfFilesIsReadFromThem) {
  const test::Scratch scratch;
  const std::vector<std::string> contents = {std::string(200'000, 'a'), "", "bbb"};
  std::vector<SteadyFile> files;
  std::vector<archive::FileSums> sums;
  std::vector<archive::LayerMember> members;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const auto path = scratch / std::to_string(i);
    ASSERT_TRUE(write_file(path, contents[i]));
    files.push_back(SteadyFile::look_at(path).value());
    sums.push_back(archive::sums_of(files.back(), [](std::string_view) {}).value());
    members.push_back({.member = {.path = "srv/" + std::to_string(i)}, .source = i});
  }
  const archive::LayerSources sources{files, sums};
  const auto facts = archive::digest_file_layer(members, sources).value();
  const auto body = file_layer_body(archive::plan_file_layer(members, sources), files);
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20}) {
    std::string whole;
    std::string buffer(piece, '\0');
    while (const auto got = body->read(whole.size(), buffer).value()) whole.append(buffer, 0, got);
    EXPECT_EQ(whole.size(), body->size());
    EXPECT_EQ(Digest::of(whole), facts.layer) << piece;
  }
}

}  // namespace
}  // namespace launch::store
