#!/usr/bin/env bash
# Makes the certificates of this folder with OpenSSL, for tests alone: each file holds the certificate,
# and a server's also its key. The keys of the authorities are thrown away.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
touch "$folder/index"
cat >"$folder/ca.cnf" <<END
[ca]
default_ca = tests
[tests]
database = $folder/index
new_certs_dir = $folder
rand_serial = yes
unique_subject = no
default_md = sha256
policy = names
copy_extensions = copy
[names]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
END

request() { # name [alternative names]
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    ${2:+-addext "subjectAltName=$2"} -keyout "$folder/$1.key" -out "$folder/$1.csr"
}

sign() { # name, from, to, options
  openssl ca -batch -notext -config "$folder/ca.cnf" -in "$folder/$1.csr" -out "$1.pem" \
    -startdate "$2" -enddate "$3" "${@:4}"
}

authority() { # name
  request "$1"
  sign "$1" 20200101000000Z 21200101000000Z -selfsign -keyfile "$folder/$1.key" -extensions authority
}

server() { # name, alternative names, from, to
  request "$1" "$2"
  sign "$1" "$3" "$4" -cert authority.pem -keyfile "$folder/authority.key" -extensions server
  cat "$folder/$1.key" >>"$1.pem"
}

authority authority
authority stranger
server valid DNS:localhost,IP:127.0.0.1 20200101000000Z 21200101000000Z
server elsewhere DNS:broker.example.org 20200101000000Z 21200101000000Z
server expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
server future DNS:localhost,IP:127.0.0.1 21190101000000Z 21200101000000Z
