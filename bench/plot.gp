# One curve of bench_scaling with the line through it:
#   gnuplot -e "data='FILE'; picture='FILE.svg'; axis='what x is'" plot.gp
set terminal svg size 640,400 background rgb 'white'
set output picture
set key left top
set grid
set xlabel axis
set ylabel 'microseconds'
set xrange [0:*]
set yrange [0:*]
set fit quiet
set fit logfile '/dev/null'
f(x) = a + b * x
fit f(x) data using 1:2 via a, b
plot data using 1:2 with points pt 7 title 'measured', f(x) with lines title 'line through them'
