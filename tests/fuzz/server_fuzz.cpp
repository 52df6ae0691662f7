#include <algorithm>
#include <iterator>

#include "fakes/fake_runner.hpp"
#include "fuzz/fuzz.hpp"
#include "index/index_client.hpp"
#include "index/remote_zip.hpp"
#include "registry/oci_registry.hpp"

namespace launch::fuzz {
namespace {

/// "STATUS", headers, an empty line and a body.
net::HttpResponse answer_of(std::string_view text) {
  net::HttpResponse answer;
  const auto line = text.substr(0, text.find('\n'));
  constexpr int kStatuses[] = {200, 206, 304, 401, 403, 404, 405, 416, 429, 500};
  answer.status =
      line.empty() ? 200 : kStatuses[static_cast<unsigned char>(line.back()) % std::size(kStatuses)];
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  const auto end = text.find("\n\n");
  answer.headers = headers_of(text.substr(0, end));
  if (end != std::string_view::npos) answer.body = text.substr(end + 2);
  return answer;
}

}  // namespace

/// Answers of a server that do as they please, to what an index, a wheel and a registry are asked.
void fuzz_server(std::string_view bytes) {
  std::vector<net::HttpResponse> answers;
  for (const auto part : parts_of(bytes)) answers.push_back(answer_of(part));
  const auto url = *specs::Url::parse("https://pypi.example/simple");

  Answers for_zip(answers);
  if (const auto zip = index::RemoteZip::open(for_zip, url.child("a.whl")); parsed(zip)) {
    for (const auto& entry : zip->entries()) {
      const auto* const wanted = &entry;
      (void)parsed(zip->read({&wanted, 1}));
    }
  }

  Answers for_index(answers);
  index::IndexClient client(for_index, {.url = url});
  const auto page = client.page("torch");
  if (parsed(page) && *page && !(*page)->files.empty()) (void)parsed(client.metadata((*page)->files.front()));

  Answers for_registry(answers);
  const Environment environment;
  fakes::FakeRunner runner;
  registry::OciRegistry registry(for_registry, {}, environment, runner);
  const auto image = specs::ImageReference::parse("registry.example/a/b:1");
  (void)parsed(registry.find(*image, specs::Platform()));
}

}  // namespace launch::fuzz
