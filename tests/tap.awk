# Counts the test cases in the output of `ctest -V` whose programs speak TAP (cmocka's, see run.sh)
# and prints what went wrong, then "N passed, N failed, N skipped". A program that fails without
# saying which case did, or that ends before it has run all, has failed cases of its own.

function report(text) {
    print "  " text
}

# "12: text" is a line of program 12
match($0, /^[0-9]+: /) {
    program = substr($0, 1, RLENGTH - 2)
    line = substr($0, RLENGTH + 1)
    last[program] = line
    if (line ~ /^1\.\.[0-9]+$/)
        planned[program] += substr(line, 4)
    else if (line ~ /^(not )?ok [0-9]+ # SKIP/) {
        skips[program]++
        reason[program, skips[program]] = line
    } else if (line ~ /^ok [0-9]+/)
        passes[program]++
    else if (line ~ /^not ok [0-9]+/) {
        failures[program]++
        failing[program] = 1
        report("program " program ": " line)
        next
    }
    if (failing[program] && line ~ /^# /)
        report("    " line)
    else
        failing[program] = 0
}

# " 3/10 Test  #3: unit/buf .....   Passed    0.01 sec"
/^ *[0-9]+\/[0-9]+ +Test +#[0-9]+: / {
    match($0, /#[0-9]+:/)
    program = substr($0, RSTART + 1, RLENGTH - 2)
    name = $0
    sub(/^[^:]*: /, "", name)
    sub(/ .*/, "", name)
    ran++
    unseen = planned[program] - passes[program] - failures[program] - skips[program]
    if ($0 !~ / Passed +[0-9.]+ sec/ && !failures[program] && unseen < 1)
        unseen = 1
    if (unseen > 0) {
        failures[program] += unseen
        report(name ": ended early or failed: " $0)
        report("    last line: " last[program])
    } else if (failures[program])
        report(name " is program " program)
    for (i = 1; i <= skips[program]; i++)
        report(name ": " reason[program, i])
    passed += passes[program]
    failed += failures[program]
    skipped += skips[program]
}

END {
    if (!ran) {
        report("no test program ran")
        failed++
    }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
