#pragma once

#include "fuzz/fuzz.hpp"
#include "index/simple_page.hpp"

namespace launch::fuzz {

inline const specs::Url& page_url() {
  static const auto kUrl = *specs::Url::parse("https://user:secret@pypi.example/simple/torch/");
  return kUrl;
}

/// What nothing on a page can change: a file's name is one, and its URL neither is local nor has credentials.
inline void check_files(const std::vector<index::IndexFile>& files) {
  for (const auto& file : files) {
    require(index::is_distribution(file.file_name), "a file is a distribution", file.file_name);
    require(stays_below(file.file_name), "a file's name stays in its folder", file.file_name);
    require(file.url.is_http(), "a page's files are on servers", file.url.with_secrets());
    require(file.url.with_secrets().find("secret@") == std::string::npos || file.url.password() != "secret" ||
                file.url.authority() != page_url().authority(),
            "a file's URL is without the page's credentials", file.url.with_secrets());
  }
}

inline void check_page(const index::ProjectPage& page) {
  require(page.name == "torch", "a page is of the project", page.name);
  check_files(page.files);
  for (const auto& file : page.files)
    require(index::is_file_of(file.file_name, page.name), "a file is of the page's project", file.file_name);
}

}  // namespace launch::fuzz
