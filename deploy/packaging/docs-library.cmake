# The library that shows the contract at /docs: Swagger UI, fetched from npm's registry into the build
# folder and never part of the sources. Only the archive with this check sum is taken, so it does not
# matter who hands it over. Sets docs_library to the folder of its parts, empty where there are none.

set(SPIKELOOM_DOCS_LIBRARY ON CACHE STRING
    "Swagger UI for /docs: ON fetches it, a path is its npm archive, OFF leaves it out")

set(docs_library_name swagger-ui-dist)
set(docs_library_version 5.35.0)
set(docs_library_sha512 # the lock files' base64 in hexadecimal digits
    534eaba4cb56f55dd73c638179a993512af4674f63317e0826e00da44fc465b021c341bc0a0c2bcd4e18997927fe1d3008336c5dd19aad334d1c2dec53cc9551)

set(docs_library_folder ${CMAKE_BINARY_DIR}/${docs_library_name}-${docs_library_version})
set(docs_library_archive ${docs_library_folder}.tgz)

# docs_library_check(ARCHIVE RESULT): whether it is the one.
function(docs_library_check archive result)
    set(${result} FALSE PARENT_SCOPE)
    if(EXISTS ${archive})
        file(SHA512 ${archive} sum)
        if(sum STREQUAL docs_library_sha512)
            set(${result} TRUE PARENT_SCOPE)
        endif()
    endif()
endfunction()

# docs_library_fetch(WHY): the archive into the build folder, or what hindered it.
function(docs_library_fetch why)
    set(${why} "" PARENT_SCOPE)
    docs_library_check(${docs_library_archive} known)
    if(known)
        return()
    endif()
    set(registry https://registry.npmjs.org)
    if(DEFINED ENV{npm_config_registry})
        string(REGEX REPLACE "/+$" "" registry "$ENV{npm_config_registry}")
    endif()
    set(url ${registry}/${docs_library_name}/-/${docs_library_name}-${docs_library_version}.tgz)
    message(STATUS "Fetching ${url}")
    file(DOWNLOAD ${url} ${docs_library_archive} STATUS status TIMEOUT 90 INACTIVITY_TIMEOUT 15)
    list(POP_FRONT status code)
    docs_library_check(${docs_library_archive} known)
    if(NOT known)
        file(REMOVE ${docs_library_archive})
        if(code EQUAL 0)
            set(status "its check sum is another one")
        endif()
        set(${why} "${url}: ${status}" PARENT_SCOPE)
    endif()
endfunction()

# docs_library_unpack(ARCHIVE): its parts, and one text of all its licences, which begins with what
# deploy/materials.sh looks for in the program.
function(docs_library_unpack archive)
    file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${docs_library_folder} PATTERNS
        package/LICENSE package/NOTICE package/swagger-ui.css
        package/swagger-ui-bundle.js package/swagger-ui-bundle.js.LICENSE.txt)
    set(text "pkg:npm/${docs_library_name}@${docs_library_version} Apache-2.0 ${docs_library_sha512}\n")
    foreach(part NOTICE LICENSE swagger-ui-bundle.js.LICENSE.txt)
        file(READ ${docs_library_folder}/package/${part} more)
        string(APPEND text "\n${more}")
    endforeach()
    file(CONFIGURE OUTPUT ${docs_library_folder}/package/swagger-ui-licence.txt CONTENT "\${text}")
endfunction()

set(docs_library)
if(SPIKELOOM_DOCS_LIBRARY STREQUAL "ON")
    docs_library_fetch(docs_library_missing)
    if(docs_library_missing)
        message(WARNING "/docs will only point at /openapi.json, as Swagger UI could not be fetched: "
            "${docs_library_missing}. -DSPIKELOOM_DOCS_LIBRARY=FILE takes its archive, OFF leaves it out.")
    else()
        set(docs_library ${docs_library_folder}/package)
    endif()
elseif(SPIKELOOM_DOCS_LIBRARY)
    get_filename_component(docs_library_archive ${SPIKELOOM_DOCS_LIBRARY} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    docs_library_check(${docs_library_archive} known)
    if(NOT known)
        message(FATAL_ERROR "SPIKELOOM_DOCS_LIBRARY=${SPIKELOOM_DOCS_LIBRARY} is not "
            "${docs_library_name} ${docs_library_version} with the SHA-512 ${docs_library_sha512}")
    endif()
    set(docs_library ${docs_library_folder}/package)
endif()
if(docs_library)
    docs_library_unpack(${docs_library_archive})
endif()
