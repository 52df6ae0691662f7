#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "image/sbom.hpp"

namespace launch::image {
namespace {

using Json = nlohmann::ordered_json;
using Properties = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kImage = "image";  // bom-ref; those of the parts are package URLs

std::string_view type_of(BillPart::Kind kind) {
  switch (kind) {
    case BillPart::Kind::base:
      return "container";
    case BillPart::Kind::interpreter:
      return "platform";
    case BillPart::Kind::wheel:
      break;
  }
  return "library";
}

Json properties_json(const std::vector<specs::Platform>& platforms, const Properties& more) {
  auto properties = Json::array();
  for (const auto& platform : platforms)
    properties.push_back({{"name", "launch:platform"}, {"value", platform.text()}});
  for (const auto& [name, value] : more) properties.push_back({{"name", name}, {"value", value}});
  return properties;
}

Json hashes_json(const Digest& digest) {
  return Json::array({{{"alg", "SHA-256"}, {"content", digest.hex()}}});
}

Json references_json(const BillPart& part) {
  auto references = Json::array();
  if (!part.url.empty()) references.push_back({{"type", "distribution"}, {"url", part.url}});
  if (!part.source || part.source->url.empty()) return references;
  const bool archive = part.source->sha256.has_value();
  Json reference{{"type", archive ? "source-distribution" : "vcs"}, {"url", part.source->url}};
  if (archive) reference["hashes"] = hashes_json(*part.source->sha256);
  references.push_back(std::move(reference));
  return references;
}

/// The archive or commit that a wheel was built from.
Json pedigree_json(const BillPart& part, const BillSource& source) {
  Json ancestor{{"type", "library"}, {"name", part.name}, {"version", part.version}};
  if (source.sha256) ancestor["hashes"] = hashes_json(*source.sha256);
  ancestor["purl"] = source.purl;
  return Json{{"ancestors", Json::array({std::move(ancestor)})}};
}

Json component_json(const BillPart& part) {
  Json component{
      {"type", type_of(part.kind)}, {"bom-ref", part.purl}, {"name", part.name}, {"version", part.version}};
  if (part.sha256) component["hashes"] = hashes_json(*part.sha256);
  component["purl"] = part.purl;
  if (part.source) component["pedigree"] = pedigree_json(part, *part.source);
  if (auto references = references_json(part); !references.empty())
    component["externalReferences"] = std::move(references);
  component["properties"] = properties_json(part.platforms, part.properties);
  return component;
}

Json dependency_json(const Bill& bill, const std::string& reference, const std::vector<std::size_t>& needs) {
  Json dependency{{"ref", reference}};
  auto on = Json::array();
  for (const auto part : needs) on.push_back(bill.parts[part].purl);
  if (!on.empty()) dependency["dependsOn"] = std::move(on);
  return dependency;
}

}  // namespace

std::string cyclonedx_text(const Bill& bill) {
  Json document{{"bomFormat", "CycloneDX"}, {"specVersion", "1.6"}, {"serialNumber", ""}, {"version", 1}};
  auto& metadata = document["metadata"] = Json::object();
  if (bill.time > 0) metadata["timestamp"] = utc_timestamp(bill.time);
  metadata["lifecycles"] = Json::array({{{"phase", "pre-build"}}});
  metadata["tools"] = {{"components", Json::array({{{"type", "application"}, {"name", "launch"}}})}};
  metadata["component"] = {{"type", "container"},
                           {"bom-ref", kImage},
                           {"name", bill.recipe},
                           {"version", bill.lock.text()},
                           {"properties", properties_json(bill.platforms, bill.properties)}};
  auto& components = document["components"] = Json::array();
  auto dependencies = Json::array({dependency_json(bill, kImage, bill.direct)});
  for (const auto& part : bill.parts) {
    components.push_back(component_json(part));
    dependencies.push_back(dependency_json(bill, part.purl, part.needs));
  }
  document["dependencies"] = std::move(dependencies);
  document["compositions"] =
      Json::array({{{"aggregate", "incomplete"}, {"assemblies", Json::array({kImage})}}});
  document["serialNumber"] = "urn:uuid:" + content_uuid(json_text(document));
  return json_text(document, 2) + "\n";
}

}  // namespace launch::image
