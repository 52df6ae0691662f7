# cmake -DSOURCES=… -DTEMPLATE=… -DHEADER=… -P RulesDigest.cmake
# Writes the header from its template, with the digest of the sources as @rules@.
list(SORT SOURCES)
set(digests "")
foreach(source IN LISTS SOURCES)
  file(SHA256 "${source}" digest)
  string(APPEND digests "${digest}\n")
endforeach()
string(SHA256 rules "${digests}")
string(SUBSTRING "${rules}" 0 16 rules)
configure_file("${TEMPLATE}" "${HEADER}" @ONLY)
