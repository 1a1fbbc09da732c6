#!/bin/sh
# A Chromium for test_browser.py where there is none and one can be had. It never fails: where none can, these tests are
# skipped, and that is said here and by them.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf 'reviewapps: installing Chromium, in which the status page is tested (apt-get install chromium) … '
    export DEBIAN_FRONTEND=noninteractive
    told=$({ timeout 60 apt-get update && timeout 300 apt-get install --yes --no-install-recommends chromium fonts-liberation; } 2>&1) \
        && echo done && exit 0
    echo "not done: $(echo "$told" | tail -n 1)"
fi
echo "reviewapps: no Chromium: the status page is tested as HTML alone, until you say, as root: apt-get install chromium"
