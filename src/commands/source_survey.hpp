#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reporter.hpp"
#include "base/result.hpp"
#include "pytorch/channel.hpp"
#include "specs/interpreter.hpp"

namespace launch::commands {

/// A package that code imports.
struct ImportedPackage {
  std::string package;  ///< its name on an index, as far as it is known
  std::string module;   ///< as imported
  std::string place;    ///< of the first import that must succeed, "train.py:3"
  bool must = false;    ///< the file cannot be imported without it
};

/// The index of PyTorch's that a file names, and where.
struct IndexWish {
  pytorch::NamedIndex index;
  std::string place;  ///< "requirements.txt:2"
};

/// What a source tree says about the packages that it needs.
struct SourceSurvey {
  bool has_code = false;
  std::vector<ImportedPackage> imports;  ///< neither of the standard library nor of the tree, by package
  std::optional<IndexWish> torch_index;
  std::vector<std::string> requirement_files;  ///< that exist: "requirements.txt", "pyproject.toml"
  std::optional<specs::Interpreter> python;    ///< that the tree asks for
  std::string python_reason;
};

/// True for a folder with Python files directly in it.
bool has_python_files(const std::filesystem::path& folder);
/// True for a folder with a module of that name, or with such a folder of Python files.
bool has_module(const std::filesystem::path& folder, const std::string& name);
/// True for the name of a file or folder that training does not need: tests, docs, what builds leave.
bool is_aside(std::string_view name);

/// Reads a source tree. Runs nothing. Errors (environment): a file cannot be read.
Result<SourceSurvey> survey_sources(const std::filesystem::path& root, Reporter& reporter);

}  // namespace launch::commands
