#include "commands/store.hpp"

#include <chrono>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "project/lockfile.hpp"
#include "store/references.hpp"

namespace launch::commands {
namespace {

/// Adds the digests of what a lock names.
Result<void> add_digests(const std::filesystem::path& file, std::set<Digest>& digests) {
  constexpr const char* kStep = "collecting the files that a lock needs";
  TRY_ASSIGN(const auto text, during(read_file(file), kStep));
  TRY_ASSIGN(const auto lock,
             during(project::parse_lockfile(text, file.string(), project::Accept::any_source), kStep));
  for (const auto& package : lock.packages) {
    for (const auto& wheel : package.wheels) digests.insert(*wheel.sha256);
    if (package.sdist) digests.insert(*package.sdist->sha256);
    if (package.source && package.source->file) digests.insert(*package.source->file->sha256);
  }
  if (const auto& interpreter = lock.provenance.interpreter) {
    for (const auto& [platform, archive] : interpreter->archives) digests.insert(archive.sha256);
  }
  if (const auto& base = lock.provenance.base) {
    if (base->digest) digests.insert(*base->digest);
    for (const auto& [platform, digest] : base->platforms) digests.insert(digest);
  }
  return {};
}

}  // namespace

Result<StoreListDocument> list_store(const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(const auto store, open_store(context, site));
  TRY_ASSIGN(auto contents, store.list());
  return StoreListDocument{site.store.value, std::move(contents)};
}

Result<StoreVerifyDocument> verify_store(const Context& context) {
  const auto began = context.clock.steady();
  TRY_ASSIGN(const auto site, load_site(context));
  TRY_ASSIGN(const auto store, open_store(context, site));
  TRY_ASSIGN(const auto contents, store.list());
  StoreVerifyDocument document{.folder = site.store.value, .files = contents.files.size()};
  for (const auto& file : contents.files) document.bytes += file.size;
  TRY_ASSIGN(document.damaged, store.verify(contents.files, context.work()));
  document.seconds = std::chrono::duration<double>(context.clock.steady() - began).count();
  return document;
}

Result<StoreGcDocument> collect_store(const StoreGcRequest& request, const Context& context) {
  TRY_ASSIGN(const auto site, load_site(context));
  // Alone from the first look at the locks: one that is written meanwhile must not lose its wheels.
  TRY_ASSIGN(const auto store, store::Store::open_alone(site.store.value, context.work()));
  TRY_ASSIGN(const auto roots, store.roots());
  const auto since = context.clock.now() - std::chrono::days(request.unused_days);
  store::CollectRequest wanted{.unused_since = std::chrono::ceil<std::chrono::seconds>(since),
                               .dry_run = request.dry_run};
  StoreGcDocument document{.folder = site.store.value};
  for (const auto& root : roots) {
    TRY(add_digests(root, wanted.keep));
    document.locks.push_back(root.string());
  }
  wanted.keep = store::with_references(store, wanted.keep);
  TRY_ASSIGN(document.collected, store.collect(wanted, context.work()));
  return document;
}

}  // namespace launch::commands
