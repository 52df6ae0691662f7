#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/image/project_fixture.hpp"

namespace launch::image {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using SecretFiles = ProjectFiles;

TEST_F(SecretFiles, HaveNames) {
  const std::vector<std::string> secrets = {".env",
                                            ".env.production",
                                            "deploy/id_rsa",
                                            "deploy/id_ed25519",
                                            ".netrc",
                                            ".pypirc",
                                            ".git-credentials",
                                            ".aws/credentials",
                                            ".docker/config.json",
                                            "kubeconfig",
                                            "kaggle.json",
                                            ".huggingface/token",
                                            "deploy/cert.p12",
                                            "prod.env",
                                            ".ENV",
                                            "Id_RSA",
                                            ".ssh/deploy",
                                            ".vault-token",
                                            ".config/gh/hosts.yml",
                                            ".streamlit/secrets.toml"};
  for (const auto& secret : secrets) {
    write(secret);
    EXPECT_EQ(refusal(all_),
              "error: copy under [image] in recipes/demo.toml: 1 file looks like a secret: " + secret +
                  "\n\n"
                  "hint: to leave one out, list it in .dockerignore or in `exclude`\n"
                  "hint: to copy one, give it an entry of its own: { from = \"" +
                  secret + "\" }\n");
    fs::remove(root() / secret);
  }
  for (const auto* harmless : {".env.example", ".env.sample", ".env.template", "deploy/id_rsa.pub", "token",
                               "credentials", "env", ".environment", ".env/README", "example.env",
                               ".ssh/config", ".ssh/known_hosts", ".ssh/deploy.pub", "hosts.yml"}) {
    write(harmless);
  }
  EXPECT_EQ(refusal(all_), "accepted");
}

TEST_F(SecretFiles, HaveContents) {
  const std::string key = "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n";
  struct Case {
    const char* path;
    std::string secret;
    std::string harmless;
  };
  for (const auto& [path, secret, harmless] : std::initializer_list<Case>{
           {"a.pem", key, "-----BEGIN CERTIFICATE-----\n"},
           {"a.key", key, "middle C\n"},
           {"deploy_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n",
            "about -----BEGIN OPENSSH PRIVATE KEY-----\n"},
           {"project-1a2b3c.json", "{\n \"type\": \"service_account\",\n \"private_key\": \"x\"}",
            "{\"type\": \"service_account\"}"},
           {"token.json", "{\"refresh_token\": \"x\"}", "{\"eos_token\": 2}"},
           {".envrc", "export HF_TOKEN='abc'\n", "layout python\nexport HF_TOKEN=$(pass hf)\n# TOKEN=abc\n"},
           {".npmrc", "//npm.example/:_authToken=abc\n",
            "always-auth=true\n//npm.example/:_authToken=${TOKEN}\n"},
           {"credentials.json", "{\"private_key\": \"x\"}", "{\"users\": []}"},
           {"my-credentials.json", "{\"refresh_token\": \"x\"}", "{}"},
           {"service-account-1.json", "{\"private_key\": \"x\"}", "{}"},
           {"pip.conf", "index-url = https://me:secret@pypi.example/simple\n",
            "index-url = https://me:${PASSWORD}@pypi.example/simple\n# https://pypi.example/a:b@c\n# "
            "https://me@pypi.example"},
           {"launch.toml", "url = \"https://me:secret@pypi.example\"",
            "url = \"https://pypi.example:80/\""}}) {
    write(path, secret);
    EXPECT_THAT(refusal(all_), testing::HasSubstr(std::string("1 file looks like a secret: ") + path))
        << path;
    write(path, harmless);
    EXPECT_EQ(refusal(all_), "accepted") << path;
    fs::remove(root() / path);
  }
}

TEST_F(SecretFiles, AreNamedTogether) {
  for (const auto* path : {".env", "a/.env", "b/.env", "c/.env", "d/.env", "src/.netrc"}) write(path);
  EXPECT_EQ(
      refusal({{.from = "src", .to = "/src/"}, {.from = "."}}),
      "error: copy under [image] in recipes/demo.toml: 6 files look like secrets: .env, a/.env, b/.env, "
      "c/.env and 2 more\n\n"
      "hint: to leave one out, list it in .dockerignore or in `exclude`\n"
      "hint: to copy one, give it an entry of its own: { from = \".env\" }\n");
}

TEST_F(SecretFiles, AreCopiedByAnEntryOfTheirOwn) {
  write("a.py");
  write(".env");
  const auto copies = find({{.from = "."}, {.from = ".env", .to = "/run/app.env"}}).value();
  ASSERT_EQ(copies[0].files.size(), 1U) << "it goes where its own entry says, and nowhere else";
  EXPECT_EQ(copies[1].to, "/run/");
  EXPECT_EQ(copies[1].files[0].path, "app.env");
  EXPECT_THAT(paths({{.from = ".", .exclude = {".env"}}}), ElementsAre("a.py"));
  write(".dockerignore", ".env");
  EXPECT_THAT(paths(all_), ElementsAre(".dockerignore", "a.py"));
}

}  // namespace
}  // namespace launch::image
