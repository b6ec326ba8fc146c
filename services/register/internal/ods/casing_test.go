package ods

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecent(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"THE DENSHAM SURGERY":                   "The Densham Surgery",
		"CLEGGS LANE MEDICAL PRACTICE/129":      "Cleggs Lane Medical Practice/129",
		"DR ST PIERRE-LIBBERTON":                "Dr St Pierre-Libberton",
		"DR G THOMAS' PRACTICE":                 "Dr G Thomas' Practice",
		"ST MARY'S SURGERY":                     "St Mary's Surgery",
		"DR O'BRIEN & PARTNERS":                 "Dr O'Brien & Partners",
		"DR MCDONALD":                           "Dr McDonald",
		"NHS111 NORTH WEST":                     "NHS111 North West",
		"ASHTON-UNDER-LYNE":                     "Ashton-under-Lyne",
		"STOCKPORT AND THE HEATONS PCN":         "Stockport and the Heatons PCN",
		"THE SURGERY @ AYLESTONE":               "The Surgery @ Aylestone",
		"BROWNLOW AT MARYBONE":                  "Brownlow at Marybone",
		"HEART OF ENGLAND BCSC":                 "Heart of England BCSC",
		"LS25/LS26 PCN":                         "LS25/LS26 PCN",
		"1ST FLOOR, 22ND STREET":                "1st Floor, 22nd Street",
		"KING STREET GP CTR. (DR A KHAN)":       "King Street GP Ctr. (Dr A Khan)",
		"SOUTH DERBYSHIRE H&W CIC":              "South Derbyshire H&W CIC",
		"THE  HEALTH   CENTRE":                  "The Health Centre",
		"Already Written":                       "Already Written",
		"WENTWORTH 1 PCN":                       "Wentworth 1 PCN",
		"PARK ROAD SURGERY II":                  "Park Road Surgery II",
		"CWM TAF":                               "Cwm Taf",
		"":                                      "",
		"9 THE SPRAYS":                          "9 The Sprays",
		"CROSTON&ECCLESTON PRACTICE2 WEST4":     "Croston&Eccleston Practice2 West4",
		"'":                                     "'",
		"D'ARCY HOUSE":                          "D'Arcy House",
		"ÉCLAIR HOUSE":                          "Éclair House",
		"ARUN INTEGRATED CARE (AIC) PCN":        "Arun Integrated Care (AIC) PCN",
		"THE ROCK (THE LEIGH FAMILY PRACTICES)": "The Rock (The Leigh Family Practices)",
	} {
		require.Equal(t, want, Decent(in))
	}
	require.Equal(t, "2 Longford Rd Wst, Reddish, Stockport", lines("2 LONGFORD RD WST,REDDISH", "", "STOCKPORT", "STOCKPORT"))
}
