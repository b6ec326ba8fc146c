package all

import (
	"context"

	"example.org/waypost/pkg/door"
	"example.org/waypost/schemas"
	"example.org/waypost/services/all/internal/house"
	"example.org/waypost/services/coordination"
	"example.org/waypost/services/register"
	"example.org/waypost/services/vcse"
)

// Doors are the opened services, for what needs one by name: the page of people asks register.
type Doors struct {
	Register *register.Door
}

// Services are those that live in the house; what they open is put into d.
func Services(d *Doors) []house.Service {
	return []house.Service{
		service("register", register.Migrate, register.Open, &d.Register),
		service("coordination", coordination.Migrate, coordination.Open, nil),
		service("vcse", vcse.Migrate, vcse.Open, nil),
	}
}

// service fits a door of its own type into the house; into is nil when nobody needs it by name.
func service[D house.Door](
	name string, migrate func(context.Context, string) error, open func(context.Context, door.Config) (D, error), into *D,
) house.Service {
	return house.Service{
		Name: name, Listens: schemas.Listens[name], Migrate: migrate,
		Open: func(ctx context.Context, c door.Config) (house.Door, error) {
			opened, err := open(ctx, c)
			if err != nil {
				return nil, err
			}
			if into != nil {
				*into = opened
			}
			return opened, nil
		},
	}
}
