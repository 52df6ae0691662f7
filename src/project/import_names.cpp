#include "project/import_names.hpp"

#include <algorithm>
#include <iterator>

#include "specs/name.hpp"

namespace launch::project {
namespace {

struct Row {
  std::string_view module;
  std::string_view package;
};

/// Modules of training code whose packages are named otherwise; from each package's own documentation.
constexpr Row kRows[] = {
    {"Crypto", "pycryptodome"},
    {"OpenSSL", "pyopenssl"},
    {"PIL", "pillow"},
    {"absl", "absl-py"},
    {"attr", "attrs"},
    {"bs4", "beautifulsoup4"},
    {"clip", "openai-clip"},
    {"cv2", "opencv-python-headless"},
    {"dateutil", "python-dateutil"},
    {"docx", "python-docx"},
    {"dotenv", "python-dotenv"},
    {"faiss", "faiss-cpu"},
    {"git", "gitpython"},
    {"google.cloud", "google-cloud-storage"},
    {"google.protobuf", "protobuf"},
    {"hydra", "hydra-core"},
    {"magic", "python-magic"},
    {"megatron", "megatron-core"},
    {"mpl_toolkits", "matplotlib"},
    {"pkg_resources", "setuptools"},
    {"serial", "pyserial"},
    {"skimage", "scikit-image"},
    {"sklearn", "scikit-learn"},
    {"slugify", "python-slugify"},
    {"umap", "umap-learn"},
    {"yaml", "pyyaml"},
    {"zmq", "pyzmq"},
};

}  // namespace

std::string package_of_module(std::string_view module) {
  const auto top = module.substr(0, module.find('.'));
  const Row* best = nullptr;
  for (const auto& row : kRows) {
    const bool fits = row.module == top || row.module == module ||
                      (module.starts_with(row.module) && module.substr(row.module.size()).starts_with('.'));
    if (fits && (best == nullptr || best->module.size() < row.module.size())) best = &row;
  }
  return best != nullptr ? std::string(best->package) : specs::normalize_name(top);
}

}  // namespace launch::project
