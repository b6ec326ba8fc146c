package terms

import (
	_ "strings"
)
