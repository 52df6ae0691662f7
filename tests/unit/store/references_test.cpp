#include "store/references.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "fakes/fake_work.hpp"
#include "fakes/files.hpp"
#include "store/derived.hpp"
#include "store/pull.hpp"
#include "unit/base/scratch.hpp"

namespace launch::store {
namespace {

using testing::UnorderedElementsAre;

class References : public ::testing::Test {
 protected:
  Digest put(const std::string& name, const std::string& content) {
    const auto file = scratch_ / "file";
    EXPECT_TRUE(write_file(file, content));
    const auto digest = Digest::of(content);
    EXPECT_TRUE(store_.add(file, digest, name));
    return digest;
  }

  test::Scratch scratch_;
  fakes::FakeWork work_;
  Store store_ = Store::open(scratch_ / "store", work_).value();
};

TEST_F(References, OfAnIndexAreItsManifestsAndTheirFiles) {
  const auto layer = put(std::string(kLayerName), "layer");
  const auto config = put(std::string(kConfigName), "config");
  const auto manifest =
      put(std::string(kManifestName),
          fmt::format(R"({{"config":{{"digest":"{}"}},"layers":["{}"]}})", config.text(), layer.text()));
  const auto index = put(std::string(kManifestName), fmt::format(R"(["{}"])", manifest.text()));
  const auto other = put("other.whl", "other");
  EXPECT_THAT(with_references(store_, {index}), UnorderedElementsAre(index, manifest, config, layer));
  EXPECT_THAT(with_references(store_, {other}), UnorderedElementsAre(other));
}

TEST_F(References, AreWhatWasMadeOfAFile) {
  const auto wheel = put("a.whl", "wheel");
  const auto bytecode = put("a.whl.bytecode.zip", "bytecode");
  keep_derived(store_, wheel, "bytecode-1", bytecode.hex(), work_.disk);
  keep_derived(store_, bytecode, "circle", wheel.hex(), work_.disk);
  const auto found = with_references(store_, {wheel});
  EXPECT_TRUE(found.contains(wheel) && found.contains(bytecode));
}

TEST_F(References, AreWholeDigestsOnly) {
  const auto digest = Digest::of("x");
  const auto named =
      put(std::string(kManifestName),
          fmt::format("{}0 {} a{}", digest.hex(), digest.hex().substr(1), Digest::of("y").hex()));
  EXPECT_THAT(with_references(store_, {named}), UnorderedElementsAre(named));
}

TEST_F(References, OfWhatIsNotThereAreNone) {
  EXPECT_THAT(with_references(store_, {Digest::of("gone")}), UnorderedElementsAre(Digest::of("gone")));
}

}  // namespace
}  // namespace launch::store
