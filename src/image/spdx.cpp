#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "image/sbom.hpp"
#include "specs/scanner.hpp"

namespace launch::image {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDocument = "SPDXRef-DOCUMENT";
constexpr const char* kImage = "SPDXRef-image";
constexpr const char* kUnknown = "NOASSERTION";

/// An identifier of letters, digits, "." and "-", unique by the package URL.
std::string identifier(std::string_view kind, std::string_view name, std::string_view purl) {
  std::string plain;
  for (const char c : name) {
    plain += specs::is_alphanumeric(c) || c == '.' ? c : '-';
  }
  return fmt::format("SPDXRef-{}-{}-{}", kind, plain, sha256_hex(purl).substr(0, 12));
}

std::string identifier(const BillPart& part) {
  switch (part.kind) {
    case BillPart::Kind::base:
      return identifier("base", part.name, part.purl);
    case BillPart::Kind::interpreter:
      return identifier("interpreter", part.name, part.purl);
    case BillPart::Kind::wheel:
      break;
  }
  return identifier("wheel", part.name, part.purl);
}

std::string_view purpose_of(BillPart::Kind kind) {
  switch (kind) {
    case BillPart::Kind::base:
      return "CONTAINER";
    case BillPart::Kind::interpreter:
      return "APPLICATION";
    case BillPart::Kind::wheel:
      break;
  }
  return "LIBRARY";
}

/// "linux-x86_64; launch:size 900000000": SPDX 2.3 has no properties.
std::string comment_of(const std::vector<specs::Platform>& platforms,
                       const std::vector<std::pair<std::string, std::string>>& properties) {
  std::vector<std::string> facts;
  facts.reserve(platforms.size() + properties.size());
  for (const auto& platform : platforms) facts.push_back("launch:platform " + platform.text());
  for (const auto& [name, value] : properties) facts.push_back(fmt::format("{} {}", name, value));
  return join(facts, "; ");
}

struct Facts {
  std::string id;
  std::string name;
  std::string version;
  std::string file_name;
  std::string url;
  std::optional<Digest> sha256;
  std::string purl;
  std::string_view purpose;
  std::string comment;
};

Json package_json(const Facts& facts) {
  Json package{{"SPDXID", facts.id}, {"name", facts.name}, {"versionInfo", facts.version}};
  if (!facts.file_name.empty()) package["packageFileName"] = facts.file_name;
  package["primaryPackagePurpose"] = facts.purpose;
  package["downloadLocation"] = facts.url.empty() ? kUnknown : facts.url;
  package["filesAnalyzed"] = false;
  if (facts.sha256) {
    package["checksums"] = Json::array({{{"algorithm", "SHA256"}, {"checksumValue", facts.sha256->hex()}}});
  }
  package["licenseConcluded"] = kUnknown;
  package["licenseDeclared"] = kUnknown;
  package["copyrightText"] = kUnknown;
  if (!facts.purl.empty()) {
    package["externalRefs"] = Json::array({{{"referenceCategory", "PACKAGE-MANAGER"},
                                            {"referenceType", "purl"},
                                            {"referenceLocator", facts.purl}}});
  }
  if (!facts.comment.empty()) package["comment"] = facts.comment;
  return package;
}

Json relationship(const std::string& from, const char* type, const std::string& to) {
  return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

/// Adds the archive or commit that a wheel was built from.
void add_source(const BillPart& part, const std::string& wheel, Json& packages, Json& relationships) {
  const auto& source = *part.source;
  const auto id = identifier("source", part.name, source.purl);
  const bool known =
      std::any_of(packages.begin(), packages.end(), [&](const Json& each) { return each["SPDXID"] == id; });
  if (!known) {
    packages.push_back(package_json({id, part.name, part.version, source.sha256 ? source.name : "",
                                     source.url, source.sha256, source.purl, "SOURCE", ""}));
  }
  relationships.push_back(relationship(wheel, "GENERATED_FROM", id));
}

}  // namespace

std::string spdx_text(const Bill& bill) {
  auto packages = Json::array({package_json({kImage,
                                             bill.recipe,
                                             bill.lock.text(),
                                             "",
                                             "",
                                             {},
                                             "",
                                             "CONTAINER",
                                             comment_of(bill.platforms, bill.properties)})});
  auto relationships = Json::array({relationship(kDocument, "DESCRIBES", kImage)});
  for (const auto& part : bill.parts) {
    const auto id = identifier(part);
    packages.push_back(
        package_json({id, part.name, part.version, part.file_name, part.url, part.sha256, part.purl,
                      purpose_of(part.kind), comment_of(part.platforms, part.properties)}));
    relationships.push_back(relationship(kImage, "CONTAINS", id));
    for (const auto need : part.needs)
      relationships.push_back(relationship(id, "DEPENDS_ON", identifier(bill.parts[need])));
    if (part.source) add_source(part, id, packages, relationships);
  }
  Json document{
      {"spdxVersion", "SPDX-2.3"},
      {"dataLicense", "CC0-1.0"},
      {"SPDXID", kDocument},
      {"name", bill.recipe},
      {"documentNamespace", ""},
      {"creationInfo", {{"created", utc_timestamp(bill.time)}, {"creators", Json::array({"Tool: launch"})}}}};
  document["packages"] = std::move(packages);
  document["relationships"] = std::move(relationships);
  document["documentNamespace"] = "urn:uuid:" + content_uuid(json_text(document));
  return json_text(document, 2) + "\n";
}

}  // namespace launch::image
