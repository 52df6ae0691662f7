#include "image/project_contents.hpp"

#include <chrono>
#include <set>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "fakes/fake_work.hpp"
#include "unit/base/opened_files.hpp"
#include "unit/image/project_fixture.hpp"

namespace launch::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A project whose files the store knows once they were read.
class ProjectContents : public ProjectFiles {
 protected:
  ProjectContents() { clock_is(std::chrono::seconds(10)); }

  /// Sets the clock so long after the files were written.
  void clock_is(std::chrono::milliseconds after) {
    work_.clock.advance(
        duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now() - work_.clock.now()) +
        after);
  }
  std::vector<ProjectCopy> read(const Entries& entries) {
    known_ = store::KnownFiles(store_, root(), "demo", work_);
    auto copies = find(entries);
    EXPECT_TRUE(copies) << copies.error().text();
    const auto done = read_project_files(*copies, root(), known_);
    EXPECT_TRUE(done) << done.error().text();
    known_.keep();
    return *std::move(copies);
  }
  Digest digest(const Entries& entries) { return project_digest(read(entries)).value(); }

  launch::test::Scratch other_;
  fakes::FakeWork work_;
  store::Store store_ = store::Store::open(other_ / "store", work_).value();
};

TEST_F(ProjectContents, AreKnownOfAllFiles) {
  write("small.py", "123456789");
  write("large.bin", std::string(100'000, 'a'));
  write("folder/.npmrc", "registry=https://npm.example/\n");
  link("small.py", "link");
  const auto copies = read({{.from = "."}, {.from = "small.py", .to = "/srv/"}});
  std::size_t files = 0;
  for (const auto& copy : copies) {
    for (const auto& file : copy.files) {
      EXPECT_EQ(file.known.has_value(), file.kind == ProjectFile::Kind::file) << file.path;
      if (!file.known) continue;
      ++files;
      EXPECT_EQ(file.known->sums.sha256, Digest::of(read_file(file.source).value())) << file.path;
      EXPECT_EQ(file.known->sums.crc32 == 0xCBF43926U, file.path == "small.py") << file.path;
      EXPECT_FALSE(file.known->looks_secret);
    }
  }
  EXPECT_EQ(files, 4U);
}

TEST_F(ProjectContents, AreReadOnlyOnceWhileNothingChanges) {
  write("a.py", "a");
  write("large.bin", std::string(100'000, 'a'));
  write("only.pem", "a certificate");
  write(".npmrc", "registry=https://npm.example/\n");
  const Entries entries = {{.from = ".", .exclude = {"only.pem"}}, {.from = "only.pem", .to = "/srv/"}};
  const launch::test::OpenedFiles opened(root());
  const auto first = digest(entries);
  EXPECT_THAT(opened.names(), ElementsAre(".npmrc", "a.py", "large.bin", "only.pem"));
  EXPECT_EQ(digest(entries), first);
  EXPECT_THAT(opened.names(), IsEmpty());
  write("b.py", "b");
  opened.names();
  EXPECT_NE(digest(entries), first);
  EXPECT_THAT(opened.names(), ElementsAre("b.py"));
}

TEST_F(ProjectContents, AreSeenToChangeThoughSizeAndTimeAreAsBefore) {
  write("a.py", "one");
  const auto first = digest(all_);
  struct stat was {};
  ASSERT_EQ(::stat((root() / "a.py").c_str(), &was), 0);
  {
    const Fd file(::open((root() / "a.py").c_str(), O_WRONLY));  // NOLINT(*-vararg): open is one
    ASSERT_EQ(::write(file.get(), "two", 3), 3);
  }
  const timespec times[] = {was.st_atim, was.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root() / "a.py").c_str(), times, 0), 0);
  EXPECT_NE(digest(all_), first);
}

TEST_F(ProjectContents, ThatWereJustWrittenAreReadAgain) {
  write("a.py", "one");
  clock_is(std::chrono::milliseconds(0));
  digest(all_);
  const launch::test::OpenedFiles opened(root());
  digest(all_);
  EXPECT_THAT(opened.names(), ElementsAre("a.py"));
  clock_is(std::chrono::seconds(10));
  digest(all_);
  EXPECT_THAT(opened.names(), ElementsAre("a.py"));
  digest(all_);
  EXPECT_THAT(opened.names(), IsEmpty());
}

TEST_F(ProjectContents, OfASecretWithAnEntryOfItsOwnDoNotPutItElsewhere) {
  write("a.py");
  write("service-account.json", "{\"private_key\": 1}");
  write(".env", "A=1\n");
  const Entries entries = {
      {.from = "."}, {.from = "service-account.json", .to = "/srv/"}, {.from = ".env", .to = "/srv/"}};
  for (int i = 0; i < 3; ++i) {
    const auto copies = read(entries);
    ASSERT_EQ(copies[0].files.size(), 1U) << i;
    EXPECT_EQ(copies[0].files[0].path, "a.py");
    EXPECT_TRUE(copies[1].files[0].known->looks_secret);
    EXPECT_TRUE(copies[2].files[0].known->looks_secret);
  }
  EXPECT_EQ(refusal(all_).substr(0, 90),
            "error: copy under [image] in recipes/demo.toml: 2 files look like secrets: .env and servic");
}

TEST_F(ProjectContents, AreReadAgainOnceTheyHaveChanged) {
  write("a.py", "one");
  write("b.py", "two");
  auto copies = read(all_);
  write("a.py", "new");
  const launch::test::OpenedFiles opened(root());
  ASSERT_TRUE(read_changed_files(copies));
  EXPECT_THAT(opened.names(), ElementsAre("a.py"));
  EXPECT_EQ(copies[0].files[0].known->sums.sha256, Digest::of("new"));
  EXPECT_EQ(project_digest(copies).value(), digest(all_));
  std::filesystem::remove(root() / "b.py");
  EXPECT_EQ(read_changed_files(copies).error().message(),
            "cannot read " + (root() / "b.py").string() + ": No such file or directory");
}

}  // namespace
}  // namespace launch::image
