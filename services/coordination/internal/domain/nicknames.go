package domain

import "strings"

// fullNames give the names that a short one stands for, itself among them when it is one. The list is ours: short forms that
// are heard in England.
var fullNames = func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(shortNames)) {
		names := strings.Fields(line)
		for _, n := range names {
			m[n] = append(m[n], names[0])
		}
	}
	return m
}()

const shortNames = `
abdul abdel
abigail abi abbie gail
alexander alex alec sandy
alexandra alex alexa lexi
alfred alf alfie
andrew andy drew
anthony tony ant
antoinette toni
archibald archie
barbara barb babs
benjamin ben benny
bernard bernie
catherine katherine kathryn kate katie kathy cathy kat kay
charles charlie chas chuck
christine chris chrissie tina
christopher chris kris kit
daniel dan danny
david dave davey
deborah deb debbie debs
dorothy dot dottie dolly
edward ed eddie ted teddy ned
eleanor ellie nell nora
elizabeth liz lizzie beth betty bess eliza libby
eric rick
ernest ernie
florence flo florrie
francis frank frankie
frederick fred freddie
gabriel gabe
geoffrey geoff jeffrey jeff
gerald gerry jerry
gillian gill gilly jill
gordon gordy
gregory greg
harold harry hal
henry hank
albert al bert bertie
herbert bert bertie
irene rene
isabella isabel isobel izzy bella
jacob jake
jacqueline jackie jacqui
james jim jimmy jamie
janet jan
jennifer jen jenny
jessica jess jessie
john jack johnny jon
jonathan jonny
joseph joe joey
josephine jo josie
joanne jo joanna
joshua josh
judith judy
kenneth ken kenny
lawrence larry laurie
leonard len lenny
leslie les
lucy lou
margaret maggie meg peggy madge marge greta
martin marty
mary molly polly mo
matthew matt matty
michael mike mick micky
mohammed muhammad mohamed mohammad muhammed mohamad
nathaniel nathan nat
nicholas nick nicky nicolas
nicola nikki
norman norm
oliver olly ollie
pamela pam
patricia pat patsy trish tricia
patrick pat paddy
peter pete
philip phil phillip
rachel rach
raymond ray
rebecca becky becca
richard dick ricky richie
robert bert rob robbie bob bobby
ronald ron ronnie
rosemary rose rosie
samantha sam sammie
samuel sam sammy
sandra sandie
sarah sally sadie
stanley stan
stephen steven steve stevie
susan sue susie suzie
sylvia syl
terence terry
theresa teresa tess terri
thomas tom tommy
timothy tim timmy
valerie val
veronica ronni
victoria vicky vic tori
vincent vince
walter wally walt
wilfred wilf
william will bill billy willie liam
winifred win winnie
zachary zach zak
`
