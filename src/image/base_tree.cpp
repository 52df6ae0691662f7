#include "image/base_tree.hpp"

#include "store/derived.hpp"

namespace launch::image {

Result<archive::RootTree> base_tree(const store::PulledImage& base, const std::string& system,
                                    const store::Store& store, const Work& work) {
  const auto name = "root-tree-2" + (system.empty() ? "" : "-" + system);
  if (const auto known = store::derived(store, base.digest, name)) {
    if (auto tree = archive::parse_root_tree(*known)) return *std::move(tree);
  }
  work.reporter.status("reading the base image");
  TRY_ASSIGN(auto tree, archive::read_root_tree(base.layers));
  store::keep_derived(store, base.digest, name, archive::root_tree_text(tree), work.disk);
  return tree;
}

}  // namespace launch::image
