#!/bin/sh
# A plugin of age for tests (https://c2sp.org/age-plugin). It writes the key of a file into the file as it is. By its name it
# seals twice for each recipient (twice), fails (fails), ends at once (ends), or asks for the PIN 1234 (pin).
name=${0##*-}
[ "$name" != ends ] || exit 0

# Reads a stanza: `$words` of its first line, and its `$body`.
stanza() {
    body=
    read -r _ words || exit 1
    while read -r line; do
        body=$body$line
        [ ${#line} -eq 64 ] || return 0
    done
}

# Says something, and reads what is answered.
say() {
    printf -- '-> %s\n%s\n' "$1" "$2"
    stanza
}

# A text as the body of a stanza.
body() {
    printf "$1" | base64 | tr -d =
}

recipients=0
while stanza && [ "$words" != done ]; do
    case $words in
    add-recipient*) recipients=$((recipients + 1)) ;;
    wrap-file-key) key=$body ;;
    "recipient-stanza 0 $name "*) key=$body ;;
    esac
done

if [ "$name" = fails ]; then
    say 'error internal' "$(body 'the \033[31mcard\nis gone')"
elif [ "$1" = --age-plugin=recipient-v1 ]; then
    [ "$name" != twice ] || recipients=$((recipients * 2))
    while [ $recipients -gt 0 ]; do
        say "recipient-stanza 0 $name $recipients" "$key"
        recipients=$((recipients - 1))
    done
elif [ -n "$key" ]; then
    if [ "$name" = pin ]; then
        say msg "$(body 'the card is asked')"
        say request-secret "$(body 'PIN of the card')"
        [ "$body" = MTIzNA ] || key=
    fi
    if [ -n "$key" ]; then
        say 'file-key 0' "$key"
    else
        say 'error internal' "$(body 'the PIN is wrong')"
    fi
fi
printf -- '-> done\n\n'
