package main
import (
 _ "github.com/ThreeDotsLabs/watermill-sql/v3/pkg/sql"
 _ "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
 _ "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
 _ "github.com/ThreeDotsLabs/watermill/components/forwarder"
 _ "github.com/jackc/pgx/v5/stdlib"
 _ "github.com/stretchr/testify/require"
)
