#include "commands/init.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"
#include "commands/source_survey.hpp"
#include "project/first_recipe.hpp"
#include "project/recipe_from.hpp"
#include "pytorch/packages.hpp"
#include "pytorch/toolkits.hpp"

namespace launch::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorkspace = "/workspace";

/// The recipe's name that a folder's name suggests: "my-code" for "my code".
std::string name_of(const fs::path& folder) {
  auto name = folder.filename().string();
  for (auto& c : name) {
    if (!project::is_recipe_name(std::string(1, c))) c = '-';
  }
  const auto first = name.find_first_not_of('-');
  if (first == std::string::npos) return "demo";
  return name.substr(first, name.find_last_not_of('-') + 1 - first);
}

/// Makes the decisions, one after the other.
class FirstSteps {
 public:
  FirstSteps(project::Project project, SourceSurvey survey, InitDocument& document)
      : project_(std::move(project)), survey_(std::move(survey)), document_(document) {}

  std::string recipe() {
    choose_python();
    choose_from();
    choose_torch();
    choose_packages();
    choose_script();
    return project::write_recipe(recipe_);
  }

 private:
  void say(std::string what, std::string reason) {
    document_.choices.push_back({std::move(what), std::move(reason)});
  }

  void choose_python() {
    const auto usual = pytorch::distribution(pytorch::cuda_toolkits().back().distribution).value();
    recipe_.python = survey_.python.value_or(usual.python);
    say(fmt::format("python = {}", in_quotes(recipe_.python.text())),
        survey_.python ? survey_.python_reason
                       : fmt::format("the Python of {}, on which NVIDIA's images are based", usual.title));
  }

  /// What a file of the project lists, read as `launch lock` reads it.
  Result<project::Recipe> read_listed(const std::string& file) const {
    project::Recipe listed;
    listed.name = document_.name;
    listed.python = recipe_.python;
    listed.platforms = {specs::Platform()};
    listed.from = {file};
    TRY(project::add_from(listed, project_));
    return listed;
  }

  void choose_from() {
    for (const auto& file : survey_.requirement_files) {
      if (!recipe_.from.empty()) {
        document_.warnings.push_back(
            fmt::format("{} is not used, since {} lists the packages", file, recipe_.from.front()));
        continue;
      }
      const auto listed = read_listed(file);
      const bool is_last = file == survey_.requirement_files.back();
      if (!listed && !is_last) {
        document_.warnings.push_back(fmt::format("{} is not used: {}", file, listed.error().message()));
        continue;
      }
      if (!listed) {
        document_.warnings.push_back(fmt::format("`launch lock {}` will refuse {} as it is: {}",
                                                 document_.name, file, listed.error().message()));
      } else if (listed->packages.empty()) {
        continue;
      } else {
        for (const auto& requirement : listed->packages) note_listed(requirement, file);
      }
      recipe_.from = {file};
      say(fmt::format("from = {}", toml_array(recipe_.from)),
          listed ? fmt::format("it lists {}", count_of(listed->packages.size(), "package"))
                 : "it lists the packages");
    }
  }

  void note_listed(const specs::Requirement& requirement, const std::string& file) {
    listed_.insert(requirement.name);
    if (is_of_torch(requirement.name) && requirement.specifier.wants_prereleases())
      prerelease_ = fmt::format("{} requires {}", file, requirement.text());
  }

  static bool is_of_torch(const std::string& package) {
    const auto libraries = pytorch::library_names();
    return std::find(libraries.begin(), libraries.end(), package) != libraries.end();
  }

  void choose_torch() {
    std::vector<const ImportedPackage*> imported;
    for (const auto& one : survey_.imports) {
      if (is_of_torch(one.package)) imported.push_back(&one);
    }
    const bool listed = std::any_of(listed_.begin(), listed_.end(), is_of_torch);
    if (imported.empty() && !listed) return;
    auto& torch = recipe_.torch.emplace();
    choose_channel(torch);
    // The general index's torch comes with the rest of the listed packages.
    const bool of_channel = torch.channel != pytorch::Channel::index;
    for (const auto& name : listed_) {
      if (of_channel && is_of_torch(name)) torch.packages.push_back(name);
    }
    for (const auto* one : imported) {
      if (listed_.count(one->package) != 0) continue;
      torch.packages.push_back(one->package);
      say(fmt::format("[torch] packages: {}", one->package),
          fmt::format("{} imports {}", one->place, one->module));
    }
    std::sort(torch.packages.begin(), torch.packages.end());
  }

  void choose_channel(project::FirstTorch& torch) {
    std::string reason = "no file asks for a nightly or names one of PyTorch's indexes";
    if (survey_.torch_index) {
      torch.channel = survey_.torch_index->index.channel;
      torch.cuda = survey_.torch_index->index.build;
      reason = fmt::format("{} names that index", survey_.torch_index->place);
    } else if (!prerelease_.empty()) {
      torch.channel = pytorch::Channel::nightly;
      reason = prerelease_;
    }
    auto what = fmt::format("[torch] channel = {}", in_quotes(pytorch::channel_name(torch.channel)));
    if (torch.channel != pytorch::Channel::index) {
      if (!torch.cuda) torch.cuda = pytorch::cuda_toolkits().back().accelerator;
      what += fmt::format(", cuda = {}", in_quotes(torch.cuda->text()));
    }
    say(std::move(what), std::move(reason));
  }

  /// Without a file that lists packages, those that the code imports.
  void choose_packages() {
    for (const auto& one : survey_.imports) {
      if (is_of_torch(one.package) || listed_.count(one.package) != 0) continue;
      auto reason = fmt::format("{} imports {}", one.place, one.module);
      if (recipe_.from.empty()) {
        recipe_.packages.push_back(one.package);
        say(fmt::format("packages: {}", one.package), std::move(reason));
      } else if (one.must) {
        document_.warnings.push_back(
            fmt::format("{}, which {} does not list: if no listed package brings "
                        "it, add packages = [{}]",
                        reason, recipe_.from.front(), in_quotes(one.package)));
      }
    }
  }

  /// The files and folders with code at the root, sorted.
  std::vector<std::string> code_at_root() const {
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator at(project_.root(), code), end; !code && at != end; at.increment(code)) {
      const auto name = at->path().filename().string();
      std::error_code ignored;
      const bool is_code =
          at->is_directory(ignored) ? has_python_files(at->path()) : at->path().extension() == ".py";
      if (is_code && !is_aside(name)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  bool is_file(const std::string& name) const {
    std::error_code ignored;
    return fs::is_regular_file(project_.root() / name, ignored);
  }

  void choose_script() {
    if (!survey_.has_code) return;
    for (const auto* folder : {"", "src/"}) {
      for (const auto* script : {"train.py", "main.py", "run.py"}) {
        if (!is_file(std::string(folder) + script)) continue;
        if (*folder == '\0') return take_root(script);
        return take_folder("src", script);
      }
    }
    scan(code_at_root());
    document_.warnings.emplace_back(
        "no train.py, main.py or run.py was found: to use `launch train`, add [train] command and [image] "
        "copy");
  }

  void take_root(const std::string& script) {
    auto code = code_at_root();
    // The image's working folder is that of the first.
    std::stable_partition(code.begin(), code.end(), [&](const std::string& name) { return name == script; });
    for (const auto& name : code) {
      recipe_.copy.push_back(
          {name, is_file(name) ? fmt::format("{}/", kWorkspace) : fmt::format("{}/{}", kWorkspace, name)});
    }
    say(fmt::format("[image] copy: {}", join_words(code)), "the Python code in the project's folder");
    take_script(script, std::move(code));
  }

  void take_folder(const std::string& folder, const std::string& script) {
    recipe_.copy = {{folder, kWorkspace}};
    say(fmt::format("[image] copy: {}", folder), fmt::format("it has {}", script));
    take_script(script, {folder});
  }

  void take_script(const std::string& script, std::vector<std::string> code) {
    scan(std::move(code));
    recipe_.command = {script};
    say(fmt::format("[train] command = {}", toml_array(recipe_.command)),
        "training scripts often have this name");
  }

  void scan(std::vector<std::string> code) {
    if (!recipe_.torch || code.empty()) return;
    recipe_.scan = std::move(code);
    say(fmt::format("[verify] scan = {}", toml_array(recipe_.scan)), "the code to check against torch");
  }

  project::Project project_;
  SourceSurvey survey_;
  InitDocument& document_;
  project::FirstRecipe recipe_;
  std::set<std::string> listed_;  ///< the packages that a file lists
  std::string prerelease_;        ///< why a nightly is needed; empty: it is not
};

}  // namespace

Result<InitDocument> init(const InitRequest& request, const Context& context) {
  const auto root = context.folder / request.path;
  std::error_code ignored;
  if (!fs::is_directory(root, ignored))
    return fail(input_error(fmt::format("folder not found: {}", request.path)));
  const auto project = project::Project::at(root);
  InitDocument document;
  document.name = request.name.value_or(name_of(project.root()));
  if (!project::is_recipe_name(document.name)) {
    return fail(input_error(fmt::format("expected a name of letters, digits, \"-\" and \"_\", found {}",
                                        in_quotes(document.name))));
  }
  const auto file = project.root() / "recipes" / (document.name + ".toml");
  document.file = (fs::path(request.path) / "recipes" / file.filename()).lexically_normal().string();
  if (fs::exists(file, ignored)) {
    return fail(input_error(fmt::format("{} already exists", document.file))
                    .hint("use --name to write another recipe, or --stdout to print it"));
  }
  context.reporter.status("reading the code");
  TRY_ASSIGN(auto survey, survey_sources(project.root(), context.reporter));
  if (!survey.has_code && survey.requirement_files.empty()) {
    return fail(input_error(
        fmt::format("{} has neither Python files nor a requirements.txt or pyproject.toml", request.path)));
  }
  document.text = FirstSteps(project, std::move(survey), document).recipe();
  TRY(require_no_stop(context));
  if (request.write) TRY(write_file(context.disk, file, document.text));
  return document;
}

}  // namespace launch::commands
