#include "containers/builder.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "containers/answers.hpp"
#include "containers/build_remains.hpp"
#include "containers/engine_type.hpp"

namespace launch::containers {

namespace {

/// What a line of a RUN says after this mark; nullopt for other lines. BuildKit puts step and time before it:
/// "#8 0.342 ", and it prints the lines of a RUN that failed twice.
std::optional<std::string_view> said_after(std::string_view mark, std::string_view line) {
  const auto at = line.find(mark);
  if (at == line.npos || line.substr(0, at).find_first_not_of("#0123456789. ") != line.npos)
    return std::nullopt;
  return line.substr(at + mark.size());
}

}  // namespace

std::vector<std::string> build_arguments(const EngineInfo& info, const BuildSpec& spec,
                                         const std::filesystem::path& id_file) {
  auto arguments = info.type->build(info, spec);
  const auto add = [&](std::string_view option, const std::string& value) {
    arguments.insert(arguments.end(), {std::string(option), value});
  };
  if (spec.from_scratch) arguments.emplace_back("--no-cache");
  if (spec.platform) add("--platform", spec.platform->oci());
  add(info.type->id_option(info), id_file.string());
  add("--tag", spec.tag);
  add("--file", spec.dockerfile.string());
  arguments.push_back(spec.context.string());
  return arguments;
}

Result<Image> Builder::build(BuildSpec spec) const {
  spec.mark = mark_;
  if (spec.title.empty()) spec.title = spec.tag;
  const auto& info = engine_->info();
  const BuildRemains remains(*engine_, folder_, mark_, work_);
  TRY(make_folder(work_.disk, folder_));
  const auto id_file = folder_ / "id";
  auto process = engine_->process(build_arguments(info, spec, id_file));
  process.umask = 022;  // podman 4 lets it into the modes of what COPY makes
  info.type->set_build_variables(info, spec, process);
  if (const auto warning = info.type->build_warning(info); !warning.empty()) work_.reporter.warn(warning);
  constexpr std::size_t kQuoted = std::size_t{16} << 10;  // bytes, more than an error quotes
  std::string output;
  std::string warning;
  std::string hint;
  process.on_line = [&](Stream, std::string_view line) {
    if (const auto found = said_after(kBuildHint, line)) {
      hint = *found;
      return;
    }
    if (const auto found = said_after(kBuildWarning, line); found && *found != warning)
      work_.reporter.warn(warning = *found);
    output.append(line).append("\n");
    if (output.size() > 2 * kQuoted) output.erase(0, output.size() - kQuoted);
    // "STEP 7/30: COPY wheels/torch/ /opt/venv/"
    if (line.starts_with("STEP ")) work_.reporter.status(line);
    log_debug("{}", line);
  };
  if (info.build_places) TRY(remains.expect(spec, process));
  const auto ended = engine_->runner().run(process, work_.stop);
  const auto id = read_file(id_file);
  const bool by_itself = ended && !ended->cancelled && ended->signal == 0;
  // A build that ends by itself cleans up, except for its layers, which the next build can use.
  const auto removed = by_itself ? remains.remove_folder() : remains.remove();
  if (!removed) work_.reporter.warn("the build may have left something behind: " + removed.error().message());
  TRY_ASSIGN(const auto& outcome, ended);
  if (!outcome.ok()) {
    auto error = engine_->failed("build " + spec.title, outcome, output);
    return fail(hint.empty() ? std::move(error) : std::move(error.hint(std::move(hint))));
  }
  return check(spec, id);
}

Result<Image> Builder::check(const BuildSpec& spec, const Result<std::string>& id) const {
  const auto name = engine_->info().name();
  TRY_ASSIGN(auto image, engine_->find_image(spec.tag));
  if (!image)
    return fail(environment_error(fmt::format("{} built {}, but cannot find it", name, spec.title)));
  TRY_ASSIGN(const auto& text, id);
  const auto built = read_built_id(text);
  // With docker's containerd store, the file holds the manifest's digest.
  if (!built || (*built != image->image_id && built != image->digest)) {
    return fail(
        environment_error(fmt::format("{} built {} as {}, but that name is now {}: another build took it",
                                      name, spec.title, trim(text), image->image_id.text())));
  }
  return *std::move(image);
}

Result<void> Builder::remove_remains() const {
  return BuildRemains(*engine_, folder_, mark_, work_).remove();
}

}  // namespace launch::containers
