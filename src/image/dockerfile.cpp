#include "image/dockerfile.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "archive/installation.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "image/base_cuda.hpp"
#include "image/dated_apt.hpp"
#include "image/layers.hpp"
#include "image/quoting.hpp"
#include "image/settings.hpp"
#include "image/user.hpp"
#include "specs/image_reference.hpp"

namespace launch::image {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// `KEYWORD a=b \` and so on, in one instruction.
std::string pairs_instruction(std::string_view keyword, const Pairs& pairs) {
  std::string out(keyword);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0) out += " \\\n" + std::string(keyword.size(), ' ');
    out += fmt::format(" {}={}", pairs[i].first, pairs[i].second);
  }
  return out + "\n";
}

Result<std::string> from_instruction(const DockerfileInput& input) {
  TRY_ASSIGN(const auto base, base_of(input.recipe, input.lock));
  // What runs in the build changes the system, for which a base's own user has no right.
  return fmt::format("# {}\nFROM {}@{}\n{}", printable(fmt::format("{}:{}", base.name, base.tag)),
                     input.pull_name.empty() ? base.name : input.pull_name, base.digest->text(),
                     base.user.empty() ? "" : "USER 0\n");
}

std::string env_instruction(const DockerfileInput& input) {
  Pairs pairs;
  for (const auto& variable : image_variables(input.recipe, input.lock.lock))
    pairs.emplace_back(variable.name, dockerfile_value(variable));
  return pairs_instruction("ENV", pairs);
}

/// Whether the image's Python is a package of the distribution.
bool has_python_package(const DockerfileInput& input, const project::BaseImage& base) {
  return !base.distribution.empty() && !input.lock.lock.provenance.interpreter;
}

std::vector<std::string> apt_packages(const DockerfileInput& input, const project::BaseImage& base) {
  auto packages = input.recipe.image.apt;
  if (has_python_package(input, base))
    packages.insert(packages.begin(), fmt::format("python{}", base.python.text()));
  return packages;
}

/// Installs those of the distribution's packages that the base lacks; contacts no server if none is missing.
std::string apt_instruction(const DockerfileInput& input, const project::BaseImage& base) {
  const auto packages = apt_packages(input, base);
  const bool own_python = has_python_package(input, base);
  if (packages.empty()) return {};
  const auto apt = apt_steps(base, join_words(packages));
  std::vector<std::string> script = {
      fmt::format("missing=$(for p in {}; do [[ $p != *=* && $(dpkg-query -Wf='${{db:Status-Abbrev}}' $p "
                  "2>/dev/null || true) == ii* ]] || echo $p; done); ",
                  join(packages, " ")),
      "if [[ -z $missing ]]; then exit 0; fi; ",
      "export DEBIAN_FRONTEND=noninteractive; ",
      "rm -f /etc/apt/sources.list.d/cuda*; ",
  };
  script.insert(script.end(), apt.update.begin(), apt.update.end());
  script.push_back(fmt::format("apt-get install -q -y --no-install-recommends{} $missing; ", apt.options));
  script.insert(script.end(), apt.after.begin(), apt.after.end());
  script.emplace_back("apt-get clean; ");
  if (own_python) {
    // Bytecode validated by time is stale once all files have the same time; this kind is not validated.
    script.emplace_back("find /usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +; ");
    script.push_back(fmt::format("{} -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python{}; ",
                                 base_interpreter(base), base.python.text()));
  }
  script.emplace_back(
      "rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old "
      "/var/lib/dpkg/*-old /var/log/*");
  return run_script(script);
}

/// The folder that commands start in: that of the first copy.
std::string_view work_folder(const DockerfileInput& input) {
  return input.copies.empty() ? std::string_view() : input.copies.front().to;
}

/// The recipe's user, and the work folder of the image's, which the base image may have.
std::string user_instruction(const DockerfileInput& input) {
  std::vector<std::string> script;
  if (input.recipe.image.user) script = user_script(*input.recipe.image.user);
  const auto folder = work_folder(input);
  if (folder != "/" && !input.copies.empty() && input.copies.front().is_users_folder) {
    if (!script.empty()) script.back() += "; ";
    const auto& owner = input.copies.front().owner;
    const auto colon = owner.find(':');
    const auto group =
        colon == std::string::npos ? fmt::format("$(id -g {})", owner) : owner.substr(colon + 1);
    script.push_back(
        fmt::format("install -d -o {} -g {} {}", owner.substr(0, colon), group, shell_quote(folder)));
  }
  return script.empty() ? std::string() : run_script(script);
}

/// Whom the image runs as: the recipe's user, else the base's own.
std::string last_user_instruction(const DockerfileInput& input) {
  const auto user = input.recipe.image.user.value_or(input.lock.lock.provenance.base->user);
  return user.empty() ? "" : fmt::format("USER {}\n", user);
}

std::string copy_instructions(const DockerfileInput& input) {
  std::string out;
  if (input.lock.lock.provenance.interpreter)
    out += fmt::format("COPY python/ {0}/\nCOPY bytecode/python/ {0}/\n", kPythonHome);
  out += fmt::format("COPY venv/ {}/\n", kVenv);
  for (const auto& layer : plan_layers(input.lock.lock)) {
    out += "COPY";
    for (const auto& package : layer) {
      if (layer.size() > 1) out += " \\\n    ";
      out += fmt::format("{}wheels/{}/", layer.size() > 1 ? "" : " ", package);
    }
    out += fmt::format("{}{}/\n", layer.size() > 1 ? " \\\n    " : " ", kVenv);
  }
  return out;
}

/// Bytecode of the wheels, without which every `import torch` takes twice as long. A standalone interpreter
/// has made it before; that of the base makes it here. Validated by the source's hash, since all times in an
/// image are equal. One process and a fixed seed produce the same bytes each time; files that are not Python
/// (templates) are skipped.
std::string bytecode_instruction(const DockerfileInput& input) {
  if (input.lock.lock.provenance.interpreter) return fmt::format("COPY bytecode/venv/ {}/\n", kVenv);
  const auto paths = archive::InstallPaths::of(input.recipe.python);
  const auto folder = fmt::format("{}/{}", kVenv, paths.purelib);
  // An interpreter that does not start ends the build, as does one that compiles nothing; a file that is not
  // Python does not.
  const std::vector<std::string> script = {
      fmt::format("{} -c pass; ", kVenvPython),
      fmt::format(
          "if ! PYTHONHASHSEED=0 {} -B -m compileall -qq -j1 --invalidation-mode checked-hash {}; then ",
          kVenvPython, folder),
      fmt::format("[[ -n $(find {} -name '*.pyc' -print -quit) ]] || ", folder),
      fmt::format("{{ echo 'no file below {} could be compiled' >&2; exit 1; }}; ", folder), "fi"};
  return run_script(script);
}

std::string project_instructions(const DockerfileInput& input) {
  std::string out;
  for (std::size_t i = 0; i < input.copies.size(); ++i) {
    const auto& copy = input.copies[i];
    const auto owner = copy.owner == kRootOwner ? "" : fmt::format("--chown={} ", copy.owner);
    out += fmt::format("COPY {}[\"project/{}/\", {}]\n", owner, i, dockerfile_copy_path(copy.to));
  }
  if (!input.copies.empty()) out += fmt::format("WORKDIR {}\n", dockerfile_word(work_folder(input)));
  return out;
}

std::string label_instruction(const DockerfileInput& input) {
  Pairs pairs;
  for (const auto& [name, value] : image_labels(input.recipe, input.lock))
    pairs.emplace_back(name, dockerfile_word(value));
  return pairs_instruction("LABEL", pairs);
}

}  // namespace

Result<project::BaseImage> base_of(const project::Recipe& recipe, const project::LoadedLock& lock) {
  const auto& base = lock.lock.provenance.base;
  const auto fill_in = fmt::format("run `launch lock {}` to fill it in", recipe.name);
  if (!base) {
    return fail(
        input_error(fmt::format("the lock {} names no base image", lock.file.string())).hint(fill_in));
  }
  if (!base->digest) {
    return fail(
        input_error(fmt::format("the lock {} leaves the digest of the base image {} open", lock.file.string(),
                                printable(fmt::format("{}:{}", base->name, base->tag))))
            .hint(fill_in));
  }
  const auto text = fmt::format("{}@{}", base->name, base->digest->text());
  TRY_ASSIGN(const auto reference, during(specs::ImageReference::parse(text),
                                          fmt::format("reading the base image in {}", lock.file.string())));
  if (reference.name() != base->name) {
    return fail(input_error(fmt::format("the lock {} names the base image {}: expected {}",
                                        lock.file.string(), text, reference.name())));
  }
  TRY(check_base_cuda(recipe.name, lock));
  return *base;
}

std::string apt_layer_name(std::span<const std::string> packages) {
  return fmt::format("apt: {}", fmt::join(packages, " "));
}

std::vector<DockerfileLayer> dockerfile_layers(const DockerfileInput& input) {
  const auto& lock = input.lock.lock;
  std::vector<DockerfileLayer> layers;
  if (const auto packages = apt_packages(input, *lock.provenance.base); !packages.empty())
    layers.push_back({apt_layer_name(packages)});
  if (!user_instruction(input).empty()) {
    const auto& user = input.recipe.image.user;
    layers.push_back({user ? fmt::format("user {}", *user) : std::string("work folder")});
  }
  if (const auto& python = lock.provenance.interpreter) {
    layers.push_back({fmt::format("Python {}", python->version())});
    layers.push_back({fmt::format("bytecode of Python {}", python->version())});
  }
  layers.push_back({"virtual environment"});
  for (auto& layer : plan_layers(lock)) layers.push_back({.packages = std::move(layer)});
  layers.push_back({"bytecode of packages"});
  for (const auto& copy : input.copies) layers.push_back({fmt::format("the project's files in {}", copy.to)});
  return layers;
}

std::string image_interpreter(const project::Provenance& provenance) {
  if (provenance.interpreter) return fmt::format("{}/bin/python3", kPythonHome);
  return base_interpreter(*provenance.base);
}

std::string base_interpreter(const project::BaseImage& base) {
  return fmt::format("{}/bin/python{}", base.distribution.empty() ? "/usr/local" : "/usr",
                     base.python.text());
}

std::string render_dockerignore() {
  return "*\n!Dockerfile\n!bytecode\n!python\n!venv\n!wheels\n!project\n";
}

Result<std::string> render_system(const DockerfileInput& input) {
  TRY_ASSIGN(auto out, from_instruction(input));
  return out + apt_instruction(input, *input.lock.lock.provenance.base);
}

Result<std::string> render_dockerfile(const DockerfileInput& input) {
  const auto& name = input.recipe.name;
  std::string out = fmt::format(
      "# Rendered by `launch render {0}` from recipes/{0}.toml and its lock; edit those instead.\n"
      "# `launch build {0}` creates the context: hashed wheels, each unpacked below wheels/, and the "
      "project's "
      "files.\n",
      name);
  TRY_ASSIGN(const auto from, from_instruction(input));
  out += from;
  const auto& base = *input.lock.lock.provenance.base;
  out += env_instruction(input);
  out += apt_instruction(input, base);
  out += user_instruction(input);
  out += copy_instructions(input);
  out += bytecode_instruction(input);
  out += project_instructions(input);
  out += last_user_instruction(input);
  out += "ENTRYPOINT []\nCMD [\"python3\"]\n";
  out += label_instruction(input);
  return out;
}

}  // namespace launch::image
