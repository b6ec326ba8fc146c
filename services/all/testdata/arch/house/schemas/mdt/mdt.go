package mdt

import (
	_ "example.org/waypost/pkg/fault"
	_ "go.uber.org/zap"
)
