module example.org/waypost/deploy/sample

go 1.26.0
