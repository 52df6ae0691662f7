#include "train/mount_access.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "fakes/files.hpp"
#include "unit/base/scratch.hpp"

namespace launch::train {
namespace {

using containers::UserIds;
using testing::ElementsAre;
using testing::IsEmpty;

class MountAccess : public testing::Test {
 protected:
  MountAccess() {
    engine_.version = "4.3.1";
    EXPECT_TRUE(make_folder(scratch_ / "out"));
    EXPECT_TRUE(write_file(scratch_ / "token", "s3cret", 0600));
    out_ = (scratch_ / "out").string();
    token_ = (scratch_ / "token").string();
    plan_.mounts = {{out_, "/out", false}};
  }
  std::string fit(const UserIds& ids) {
    const auto fitted = fit_user(plan_, engine_, "trainer", ids);
    return fitted ? "" : fitted.error().text();
  }

  test::Scratch scratch_;
  std::string out_;
  std::string token_;
  containers::EngineInfo engine_ = *containers::engine_named("podman");
  Plan plan_;
  UserIds another_{::geteuid() + 1001, ::getegid() + 1001};
};

TEST_F(MountAccess, OfAnotherUserIsNoted) {
  EXPECT_EQ(fit(another_), "");
  EXPECT_THAT(plan_.notes, ElementsAre("ranks run as trainer (" + another_.text() + ") and cannot write " +
                                       out_ + ", mounted at /out: run `sudo chown " + another_.text() + " " +
                                       out_ + "`, or mount it read-only"));
  EXPECT_EQ(plan_.caller, std::nullopt);
}

TEST_F(MountAccess, IsNoMatterWhereTheUserCanWriteOrNeedNot) {
  std::filesystem::permissions(out_, std::filesystem::perms::all);
  EXPECT_EQ(fit(another_), "");
  std::filesystem::permissions(out_, std::filesystem::perms::owner_all);
  EXPECT_EQ(fit({0, 0}), "");
  plan_.mounts.front().read_only = true;
  EXPECT_EQ(fit(another_), "");
  EXPECT_THAT(plan_.notes, IsEmpty());
}

TEST_F(MountAccess, OfARootlessEngineMapsTheCaller) {
  engine_.rootless = true;
  plan_.secrets = {{"TOKEN", token_}};
  EXPECT_EQ(fit({1001, 1001}), "");
  EXPECT_EQ(plan_.caller, (UserIds{1001, 1001}));
  EXPECT_THAT(
      plan_.notes,
      ElementsAre("this user is mapped to trainer (1001:1001) in the containers, so that ranks can use "
                  "what is mounted"));
}

TEST_F(MountAccess, IsNotMappedWhereThatDoesNotHelp) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  engine_.rootless = true;
  ASSERT_EQ(::chown(out_.c_str(), 1234, 4321), 0);
  std::filesystem::permissions(out_, std::filesystem::perms::owner_all | std::filesystem::perms::group_all);
  const auto cannot = "ranks run as trainer (1001:1001) and cannot write " + out_ + ", mounted at /out: ";
  EXPECT_EQ(fit({1001, 1001}), "");
  EXPECT_EQ(plan_.caller, std::nullopt);
  EXPECT_THAT(plan_.notes, ElementsAre(cannot + "this user cannot either"));
  plan_.notes.clear();
  std::vector<gid_t> before(static_cast<std::size_t>(::getgroups(0, nullptr)));
  before.resize(static_cast<std::size_t>(::getgroups(static_cast<int>(before.size()), before.data())));
  const gid_t group = 4321;
  ASSERT_EQ(::setgroups(1, &group), 0);
  EXPECT_EQ(fit({1001, 1001}), "");
  ASSERT_EQ(::setgroups(before.size(), before.data()), 0);
  EXPECT_EQ(plan_.caller, std::nullopt);
  EXPECT_THAT(plan_.notes, ElementsAre(cannot + "this user can through a group that containers do not have"));
}

TEST_F(MountAccess, OfARootlessEngineThatCannotMapTheCaller) {
  engine_.rootless = true;
  engine_.version = "4.2.0";
  EXPECT_EQ(fit({1001, 1001}), "");
  EXPECT_EQ(plan_.caller, std::nullopt);
  EXPECT_THAT(plan_.notes, ElementsAre("ranks run as trainer (1001:1001) and cannot write " + out_ +
                                       ", mounted at /out: podman 4.2.0 cannot map this user to theirs"));
}

TEST_F(MountAccess, ASecretThatRanksCannotReadIsAnError) {
  plan_.mounts.clear();
  plan_.secrets = {{"TOKEN", token_}};
  EXPECT_EQ(fit(another_), "error: the secret TOKEN: ranks run as trainer (" + another_.text() +
                               ") and cannot read " + token_ + "\n\nhint: run `setfacl -m u:" +
                               std::to_string(another_.user) + ":r " + token_ + "`\n");
}

TEST_F(MountAccess, LabelsOfSelinuxAreNoted) {
  note_labels(plan_, engine_);
  EXPECT_THAT(plan_.notes, IsEmpty());
  engine_.selinux = true;
  plan_.secrets = {{"TOKEN", token_}};
  plan_.mounts.push_back({"/data", "/data", true, true});
  note_labels(plan_, engine_);
  EXPECT_THAT(plan_.notes,
              ElementsAre("SELinux is on, and " + out_ + " and " + token_ +
                          " are not relabelled: ranks can use only files labelled "
                          "container_file_t; relabel a folder permanently with relabel = true in [train] "
                          "mounts, or --mount FROM:TO:z"));
}

TEST_F(MountAccess, NcclsFilesAreNotRelabelled) {
  plan_.mounts.clear();
  plan_.nccl_mounts = {{"/etc/nccl.conf", "/etc/nccl.conf", true}};
  note_labels(plan_, engine_);
  EXPECT_THAT(plan_.notes, IsEmpty());
  engine_.selinux = true;
  note_labels(plan_, engine_);
  EXPECT_THAT(plan_.notes, ElementsAre("SELinux is on, and may keep NCCL from reading /etc/nccl.conf"));
}

TEST(DependsOnUser, WithMountsForWritingOrSecrets) {
  Plan plan;
  auto engine = *containers::engine_named("docker");
  EXPECT_FALSE(depends_on_user(plan, engine));
  plan.mounts = {{"/a", "/a", true}};
  EXPECT_FALSE(depends_on_user(plan, engine));
  plan.secrets = {{"A", "/a"}};
  EXPECT_TRUE(depends_on_user(plan, engine));
  engine.elsewhere = "its daemon is at ssh://host.example";
  EXPECT_FALSE(depends_on_user(plan, engine)) << "the files' owners are not those of this machine";
}

}  // namespace
}  // namespace launch::train
