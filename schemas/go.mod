module example.org/waypost/schemas

go 1.26.0
