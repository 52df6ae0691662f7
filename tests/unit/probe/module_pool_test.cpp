#include "probe/module_pool.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace launch::probe {
namespace {

ModulePool::Names some_names() {
  return std::make_shared<const pysource::ModuleNames>();
}

TEST(ModulePool, WhatWasReadIsGivenToAll) {
  ModulePool pool;
  EXPECT_TRUE(pool.claim("a").is_own());
  const auto names = some_names();
  pool.deliver("a", names);
  EXPECT_EQ(pool.claim("a").names, names);
  EXPECT_TRUE(pool.claim("b").is_own());
  pool.deliver("b", nullptr);
}

TEST(ModulePool, OneReadsForThoseWhoAskMeanwhile) {
  ModulePool pool;
  ASSERT_TRUE(pool.claim("a").is_own());
  auto claim = pool.claim("a");
  ASSERT_FALSE(claim.is_own());
  EXPECT_EQ(claim.names, nullptr);
  EXPECT_EQ(claim.others.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  const auto names = some_names();
  std::jthread other([&] { pool.deliver("a", names); });
  EXPECT_EQ(claim.others.get(), names);
}

TEST(ModulePool, WhatCouldNotBeReadMayBeClaimed) {
  ModulePool pool;
  ASSERT_TRUE(pool.claim("a").is_own());
  auto claim = pool.claim("a");
  pool.deliver("a", nullptr);
  EXPECT_EQ(claim.others.get(), nullptr);
  EXPECT_TRUE(pool.claim("a").is_own());
  pool.deliver("a", some_names());
}

TEST(ModulePool, HoldsNothingThatNobodyElseHolds) {
  ModulePool pool;
  ASSERT_TRUE(pool.claim("a").is_own());
  auto names = some_names();
  const std::weak_ptr<const pysource::ModuleNames> watched = names;
  pool.deliver("a", std::move(names));
  EXPECT_TRUE(watched.expired());
  pool.drop_unused();
  EXPECT_TRUE(pool.claim("a").is_own());
  // What is being read is not dropped.
  pool.drop_unused();
  pool.deliver("a", some_names());
}

}  // namespace
}  // namespace launch::probe
