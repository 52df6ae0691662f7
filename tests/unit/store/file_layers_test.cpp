#include "store/file_layers.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "store/derived.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

class FileLayersTest : public testing::Test {
 protected:
  FileLayersTest() {
    EXPECT_TRUE(write_file(path_, "content"));
    files_.push_back(SteadyFile::look_at(path_).value());
    sums_.push_back(archive::sums_of(files_.front(), [](std::string_view) {}).value());
  }
  Result<archive::FileLayerFacts> facts() {
    return file_layer_facts(store_, below_, members_, {files_, sums_}, work_.disk);
  }
  std::string slot() const {
    return "file-layer-" + archive::file_layer_key(members_, {files_, sums_}).hex().substr(0, 2);
  }

  launch::test::Scratch scratch_;
  std::filesystem::path path_ = scratch_ / "file";
  fakes::FakeWork work_;
  Store store_ = Store::open(scratch_ / "store", work_).value();
  Digest below_ = Digest::of("the base image");
  std::vector<archive::LayerMember> members_ = {{.member = {.path = "srv/file"}, .source = 0}};
  std::vector<SteadyFile> files_;
  std::vector<archive::FileSums> sums_;
};

TEST_F(FileLayersTest, AreReadOnce) {
  const auto first = facts().value();
  std::filesystem::remove(path_);
  const auto again = facts();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->layer, first.layer);
  EXPECT_EQ(again->tar, first.tar);
  EXPECT_EQ(again->size, first.size);
  EXPECT_EQ(again->tar_size, first.tar_size);
  members_[0].member.owner = 1;
  EXPECT_EQ(facts().error().message(), "cannot read " + path_.string() + ": No such file or directory");
}

TEST_F(FileLayersTest, AreReadAgainIfWhatIsKnownIsOfAnotherLayerOrMalformed) {
  const auto first = facts().value();
  const auto text = derived(store_, below_, slot()).value();
  for (const auto& other : {Digest::of("").hex() + text.substr(64), text.substr(0, text.rfind(' ')),
                            text + " 1", text + "x", std::string()}) {
    keep_derived(store_, below_, slot(), other, work_.disk);
    EXPECT_EQ(facts()->layer, first.layer) << other;
    EXPECT_EQ(derived(store_, below_, slot()), text) << other;
  }
}

}  // namespace
}  // namespace launch::store
