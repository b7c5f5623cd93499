#!/bin/bash
# A random walk that leaves a trail: stepcastd -- examples/random_walk.sh
x=200 y=200 trail=()
while true; do
  x=$(( (x + RANDOM % 25 - 12 + 400) % 400 )) y=$(( (y + RANDOM % 25 - 12 + 400) % 400 ))
  trail+=("<circle cx='$x' cy='$y' r='4'/>")
  (( ${#trail[@]} > 200 )) && trail=("${trail[@]:1}")
  printf '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" fill="#1c71d8" fill-opacity=".6">%s</svg>\n' \
    "${trail[*]}" && sleep 0.02 || exit
done
