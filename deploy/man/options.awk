# Turns what a program says to --help into mdoc: a heading to .Ss, an option to an item of a list.
# With -v intro=1 what stands before the first heading is text; else it is left out.

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text) # at the start of a line these would be a macro
    return text
}

function end_list() {
    if (in_list)
        print ".El"
    in_list = 0
}

# item FLAG ARGUMENT
function item(flag, argument) {
    if (!in_list)
        print ".Bl -tag -width Ds"
    in_list = 1
    print ".It Fl \\-" escape(substr(flag, 3)) (argument == "" ? "" : " Ar " escape(argument))
}

/^[A-Z].*[a-z]$/ && !/[.:]/ {
    end_list()
    print ".Ss " $0
    seen_heading = 1
    next
}
!seen_heading && (!intro || /^Usage/ || /^$/) { next }
/^  --/ {
    flag = $1
    rest = substr($0, 3 + length(flag))
    argument = ""
    if (rest ~ /^ [^ ]/) {
        match(rest, /^ [^ ]+/)
        argument = substr(rest, 2, RLENGTH - 1)
        rest = substr(rest, RLENGTH + 1)
    }
    sub(/^ +/, "", rest)
    item(flag, argument)
    if (rest != "")
        print escape(rest)
    next
}
/^ +[^ ]/ && in_list {
    sub(/^ +/, "")
    print escape($0)
    next
}
/^[^ ]/ {
    end_list()
    print escape($0)
}
END { end_list() }
