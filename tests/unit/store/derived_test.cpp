#include "store/derived.hpp"

#include <cerrno>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "fakes/values.hpp"
#include "store/layout.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

namespace fs = std::filesystem;

class DerivedTest : public testing::Test {
 protected:
  Store store() { return Store::open(root_, work_).value(); }
  void keep(std::string_view name, std::string_view text) {
    keep_derived(store(), from_, name, text, work_.disk);
  }
  std::optional<std::string> read(std::string_view name = "key") { return derived(store(), from_, name); }

  test::Scratch scratch_;
  fs::path root_ = scratch_ / "store";
  fakes::FakeWork work_;
  Digest from_ = Digest::of("a file");
};

TEST_F(DerivedTest, TextsAreKeptByTheirFileAndName) {
  EXPECT_EQ(read(), std::nullopt);
  const std::string text("two\nlines\0and more", 18);
  keep("key", text);
  keep("empty", "");
  EXPECT_EQ(read(), text);
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(read("other"), std::nullopt);
  EXPECT_EQ(derived(store(), fakes::digest('1'), "key"), std::nullopt);
  keep("key", "new");
  EXPECT_EQ(read(), "new");
}

TEST_F(DerivedTest, ADamagedTextIsNone) {
  keep("key", "some text");
  const auto place = derived_folder(root_, from_) / "key";
  const auto whole = read_file(place).value();
  auto other = whole;
  other.back() ^= 1;
  auto other_digest = whole;
  other_digest.front() = other_digest.front() == '0' ? '1' : '0';
  for (const auto& damaged : {std::string(), whole.substr(0, whole.size() - 1), whole.substr(0, 64),
                              whole.substr(0, 10), whole + " ", other, other_digest, "x" + whole}) {
    ASSERT_TRUE(write_file(place, damaged));
    EXPECT_EQ(read(), std::nullopt) << damaged;
  }
  keep("key", "some text");
  EXPECT_EQ(read(), "some text");
}

TEST_F(DerivedTest, AreCollectedWithTheirFile) {
  ASSERT_TRUE(write_file(scratch_ / "a.whl", "a file"));
  ASSERT_TRUE(store().add(scratch_ / "a.whl", from_, "a.whl"));
  keep("key", "text");
  keep_derived(store(), fakes::digest('1'), "key", "of a file that is gone", work_.disk);
  EXPECT_EQ(store().list().value().files.size(), 1U);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  CollectRequest request{.keep = {from_}, .unused_since = now + std::chrono::hours(1)};
  ASSERT_TRUE(Store::open_alone(root_, work_).value().collect(request, work_));
  EXPECT_EQ(read(), "text");
  EXPECT_FALSE(fs::exists(digest_folder(root_, fakes::digest('1'))));
  request.keep.clear();
  ASSERT_TRUE(Store::open_alone(root_, work_).value().collect(request, work_));
  EXPECT_FALSE(fs::exists(digest_folder(root_, from_)));
}

TEST_F(DerivedTest, AreOnlyMissingWithoutAPlaceToKeepThem) {
  for (const auto* call : {"make_folders", "open_new", "write", "rename"}) {
    work_.disk.set({call, "derived", ENOSPC});
    keep("key", "text");
    EXPECT_TRUE(work_.disk.struck()) << call;
    EXPECT_EQ(read(), std::nullopt) << call;
  }
}

}  // namespace
}  // namespace launch::store
