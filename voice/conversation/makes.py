"""The cars on American roads: makes, their models, and how both are said or misheard. Data only.

Models are written as a service advisor writes them. Older ones stay: they are what a shop repairs.
"""

import re


def words_of(listed: str) -> frozenset[str]:
    """A list of words, as it is easiest to read and to add to."""
    return frozenset(listed.split())


MODELS: dict[str, tuple[str, ...]] = {
    make: tuple(model.strip() for model in models.split(","))
    for make, models in {
        "Acura": "ILX, MDX, RDX, TLX, TSX, TL, CL, RL, RLX, RSX, NSX, ZDX, ADX, Integra, Legend, Vigor",
        "Alfa Romeo": "Giulia, Stelvio, Tonale, 4C, Spider, Giulietta",
        "Aston Martin": "Vantage, DB9, DB11, DBX, Rapide, Vanquish",
        "Audi": (
            "A3, A4, A5, A6, A7, A8, Q3, Q4, Q5, Q7, Q8, S3, S4, S5, S6, S7, S8, RS3, RS5, RS7, SQ5, "
            "SQ7, SQ8, TT, R8, Allroad, E-Tron, Cabriolet"
        ),
        "Bentley": "Bentayga, Continental GT, Flying Spur, Mulsanne, Arnage",
        "BMW": (
            "1 Series, 2 Series, 3 Series, 4 Series, 5 Series, 6 Series, 7 Series, 8 Series, X1, X2, X3, "
            "X4, X5, X6, X7, XM, Z3, Z4, Z8, M2, M3, M4, M5, M6, M8, i3, i4, i5, i7, i8, iX"
        ),
        "Buick": (
            "Enclave, Encore, Encore GX, Envision, Envista, LaCrosse, Lucerne, LeSabre, Park Avenue, "
            "Century, Regal, Rendezvous, Rainier, Terraza, Verano, Cascada, Skylark, Riviera, "
            "Roadmaster, Electra, Reatta, Grand National"
        ),
        "Cadillac": (
            "Escalade, Escalade ESV, CTS, ATS, STS, DTS, SRX, XTS, XLR, ELR, CT4, CT5, CT6, XT4, XT5, "
            "XT6, Lyriq, Optiq, Vistiq, DeVille, Seville, Eldorado, Catera, Fleetwood, Brougham"
        ),
        "Chevrolet": (
            "Malibu, Silverado, Silverado 1500, Silverado 2500, Silverado 3500, Equinox, Tahoe, "
            "Traverse, Suburban, Impala, Cruze, Bolt, Volt, Camaro, Colorado, Trailblazer, Blazer, "
            "Corvette, Trax, Spark, Sonic, Aveo, Cobalt, Cavalier, HHR, Avalanche, Express, Astro, "
            "Uplander, Venture, Captiva, Monte Carlo, Lumina, Caprice, Corsica, Beretta, Celebrity, "
            "Prizm, Metro, Tracker, S-10, S-10 Blazer, El Camino, Nova, Chevelle, SSR, Orlando, City "
            "Express, Cheyenne, C-10, K-1500, Citation, Chevette, Vega"
        ),
        "Chrysler": (
            "Pacifica, Voyager, Town & Country, 200, 300, 300C, 300M, Sebring, PT Cruiser, Aspen, "
            "Crossfire, Concorde, Cirrus, LHS, New Yorker, LeBaron, Fifth Avenue, Imperial, Cordoba"
        ),
        "Daewoo": "Lanos, Leganza, Nubira",
        "Datsun": "240Z, 260Z, 280Z, 280ZX, 510",
        "Dodge": (
            "Charger, Challenger, Durango, Caravan, Grand Caravan, Journey, Dart, Avenger, Ram, Ram "
            "1500, Ram 2500, Ram 3500, Ram Van, Dakota, Neon, Stratus, Intrepid, Magnum, Caliber, Nitro, "
            "Viper, Hornet, Stealth, Spirit, Shadow, Sprinter, Omni, Dynasty, Aries"
        ),
        "Eagle": "Talon, Vision, Summit",
        "Ferrari": "California, Portofino, Roma, F430, F8, 458, 488, 812, 360, Testarossa, Purosangue",
        "Fiat": "500, 500L, 500X, 500E, 124 Spider, Abarth, Spider, Panda",
        "Fisker": "Ocean, Karma",
        "Ford": (
            "F-150, F-250, F-350, F-450, F-550, F-Series, Escape, Explorer, Explorer Sport Trac, Focus, "
            "Fusion, Mustang, Mustang Mach-E, Bronco, Bronco Sport, Edge, Ranger, Expedition, Maverick, "
            "Transit, Transit Connect, Taurus, Taurus X, Fiesta, Flex, C-Max, EcoSport, Escort, Contour, "
            "Crown Victoria, Crown Vic, Five Hundred, Freestyle, Freestar, Windstar, Aerostar, "
            "Excursion, Econoline, E-150, E-250, E-350, Thunderbird, Probe, Tempo, Aspire, Falcon, "
            "Fairmont, Galaxie, Pinto, Model T, Model A, Festiva, Lightning, Super Duty, GT, LTD, "
            "Torino, Mach-E, Club Wagon"
        ),
        "Genesis": "G70, G80, G90, GV60, GV70, GV80",
        "Geo": "Metro, Prizm, Tracker, Storm",
        "GMC": (
            "Sierra, Sierra 1500, Sierra 2500, Sierra 3500, Terrain, Acadia, Yukon, Yukon XL, Canyon, "
            "Envoy, Jimmy, Safari, Savana, Sonoma, Denali, Syclone, Hummer EV, Suburban, Vandura"
        ),
        "Honda": (
            "Civic, Accord, CR-V, Pilot, Odyssey, Fit, HR-V, Ridgeline, Insight, Passport, Element, "
            "Prelude, Del Sol, S2000, CR-Z, Crosstour, Clarity, Prologue, CRX, Accord Crosstour"
        ),
        "Hummer": "H1, H2, H3",
        "Hyundai": (
            "Elantra, Elantra GT, Sonata, Tucson, Santa Fe, Santa Cruz, Kona, Palisade, Accent, Ioniq, "
            "Ioniq 5, Ioniq 6, Veloster, Venue, Azera, Genesis, Genesis Coupe, Equus, Tiburon, Veracruz, "
            "Entourage, Nexo, Excel, XG350, Scoupe"
        ),
        "Infiniti": (
            "Q40, Q45, Q50, Q60, Q70, QX4, QX30, QX50, QX55, QX56, QX60, QX70, QX80, G20, G25, G35, G37, "
            "M35, M37, M45, M56, FX35, FX37, FX45, FX50, EX35, EX37, I30, I35, J30, JX35"
        ),
        "Isuzu": "Rodeo, Trooper, Ascender, Axiom, Amigo, VehiCROSS, Hombre, NPR, Impulse",
        "Jaguar": (
            "XF, XE, XJ, XJ6, XJ8, XJR, XK, XK8, XKR, XKE, F-Type, S-Type, X-Type, E-Type, E-Pace, "
            "F-Pace, I-Pace, Vanden Plas"
        ),
        "Jeep": (
            "Wrangler, Wrangler Unlimited, Cherokee, Grand Cherokee, Grand Cherokee L, Compass, "
            "Renegade, Gladiator, Liberty, Patriot, Commander, Wagoneer, Grand Wagoneer, CJ, CJ5, CJ7, "
            "Comanche, Rubicon, Sahara, Scrambler"
        ),
        "Kia": (
            "Soul, Sorento, Sportage, Optima, Forte, Telluride, Rio, Seltos, Carnival, K5, K4, K900, "
            "Stinger, Niro, EV6, EV9, Sedona, Spectra, Sephia, Amanti, Rondo, Borrego, Cadenza, "
            "Magentis, Forte Koup"
        ),
        "Lamborghini": "Urus, Huracan, Gallardo, Aventador",
        "Land Rover": (
            "Range Rover, Range Rover Sport, Range Rover Evoque, Range Rover Velar, Evoque, Velar, "
            "Discovery, Discovery Sport, Defender, Freelander, LR2, LR3, LR4"
        ),
        "Lexus": "RX, ES, NX, GX, IS, LS, GS, LX, UX, CT, RC, LC, SC, HS, TX, RZ, LFA",
        "Lincoln": (
            "Navigator, Aviator, Corsair, Nautilus, MKZ, MKX, MKC, MKS, MKT, Town Car, Continental, LS, "
            "Mark LT, Mark VII, Mark VIII, Zephyr, Blackwood"
        ),
        "Lotus": "Elise, Evora, Exige, Emira, Esprit",
        "Lucid": "Air, Gravity",
        "Maserati": "Ghibli, Levante, Quattroporte, GranTurismo, Grecale",
        "Mazda": (
            "Mazda2, Mazda3, Mazda5, Mazda6, 2, 3, 5, 6, CX-3, CX-30, CX-5, CX-50, CX-7, CX-70, CX-9, "
            "CX-90, MX-30, MX-5, Miata, MX-5 Miata, MX-6, RX-7, RX-8, Tribute, Protege, Protege5, "
            "Millenia, MPV, 323, 626, 929, B2300, B2500, B3000, B4000, Navajo, Speed 3, Mazdaspeed3, "
            "Speed 6"
        ),
        "McLaren": "Artura, 570S, 650S, 720S, 765LT",
        "Mercedes-Benz": (
            "A-Class, B-Class, C-Class, E-Class, S-Class, G-Class, M-Class, R-Class, GL-Class, CLA, CLS, "
            "CLK, SLK, SLC, SL, SLS, GLA, GLB, GLC, GLE, GLS, GLK, GL, ML, EQB, EQE, EQS, AMG GT, "
            "Sprinter, Metris, G-Wagon, Maybach"
        ),
        "Mercury": (
            "Villager, Grand Marquis, Sable, Mountaineer, Milan, Mariner, Cougar, Mystique, Tracer, "
            "Topaz, Montego, Monterey, Marauder, Capri, Lynx, Marquis"
        ),
        "MG": "MGB, Midget",
        "Mini": "Cooper, Cooper S, Countryman, Clubman, Paceman, Hardtop, Roadster, John Cooper Works",
        "Mitsubishi": (
            "Outlander, Outlander Sport, Eclipse, Eclipse Cross, Lancer, Lancer Evolution, Mirage, "
            "Galant, Endeavor, Montero, Montero Sport, Raider, Diamante, 3000GT, Evo, i-MiEV, Expo, "
            "Mighty Max, Starion"
        ),
        "Nissan": (
            "Altima, Sentra, Rogue, Rogue Sport, Versa, Versa Note, Maxima, Pathfinder, Murano, "
            "Frontier, Leaf, Titan, Titan XD, Xterra, Armada, Quest, Juke, Kicks, Cube, Ariya, 240SX, "
            "300ZX, 350Z, 370Z, 400Z, Z, GT-R, NV, NV200, NV2500, Hardbody, Pulsar, Stanza, Skyline, "
            "200SX, Murano CrossCabriolet"
        ),
        "Oldsmobile": (
            "Alero, Aurora, Intrigue, Silhouette, Bravada, Cutlass, Cutlass Supreme, Cutlass Ciera, "
            "Eighty Eight, Ninety Eight, 88, 98, Achieva, Toronado, Delta 88, 442"
        ),
        "Plymouth": (
            "Voyager, Grand Voyager, Neon, Breeze, Prowler, Acclaim, Laser, Sundance, Horizon, Reliant, "
            "Barracuda, Duster, Fury, Road Runner, Valiant, Colt"
        ),
        "Polestar": "1, 2, 3, 4",
        "Pontiac": (
            "Grand Prix, Grand Am, G3, G5, G6, G8, Vibe, Solstice, Torrent, Aztek, Montana, Bonneville, "
            "Sunfire, Sunbird, Firebird, Trans Am, Fiero, GTO, Trans Sport, Montana SV6, LeMans"
        ),
        "Porsche": (
            "Cayenne, Macan, Panamera, 911, 944, 928, 924, 914, 968, 356, Boxster, Cayman, Taycan, "
            "Carrera, 718"
        ),
        "Ram": "1500, 2500, 3500, 4500, 5500, ProMaster, ProMaster City, Rebel, TRX, Big Horn, Cargo Van",
        "Rivian": "R1T, R1S, R2, EDV",
        "Rolls-Royce": "Cullinan, Phantom, Ghost, Wraith, Dawn, Spectre, Silver Shadow",
        "Saab": "9-3, 9-5, 9-2X, 9-7X, 900, 9000",
        "Saturn": (
            "Ion, Vue, Sky, Aura, Relay, Outlook, Astra, SL, SL1, SL2, SC1, SC2, SW2, L200, L300, LS, "
            "S-Series, L-Series"
        ),
        "Scion": "tC, xA, xB, xD, FR-S, iA, iM, iQ",
        "Smart": "Fortwo, Passion, Pure",
        "Subaru": (
            "Outback, Forester, Impreza, Impreza WRX, Crosstrek, XV Crosstrek, Legacy, Legacy Outback, "
            "Ascent, WRX, WRX STI, STI, BRZ, Baja, Tribeca, B9 Tribeca, Solterra, Justy, Loyale, SVX, "
            "Brat, XT"
        ),
        "Suzuki": (
            "Grand Vitara, Vitara, XL7, XL-7, SX4, Kizashi, Forenza, Reno, Aerio, Verona, Esteem, "
            "Sidekick, Swift, Samurai, Equator, X-90"
        ),
        "Tesla": "Model 3, Model S, Model X, Model Y, Cybertruck, Roadster",
        "Toyota": (
            "Camry, Camry Solara, Corolla, Corolla Cross, Corolla Hatchback, RAV4, RAV4 Prime, Tacoma, "
            "Tundra, Prius, Prius C, Prius V, Prius Prime, Highlander, Grand Highlander, Sienna, "
            "4Runner, Sequoia, Avalon, Yaris, Yaris iA, Matrix, Echo, Celica, Solara, Supra, Venza, FJ "
            "Cruiser, Land Cruiser, C-HR, 86, GR86, Mirai, Crown, Crown Signia, bZ4X, Tercel, MR2, "
            "Previa, T100, Paseo, Cressida, Pickup, Starlet, GR Corolla"
        ),
        "Volkswagen": (
            "Jetta, Passat, Golf, Golf R, GTI, GLI, Tiguan, Atlas, Atlas Cross Sport, Beetle, New "
            "Beetle, Touareg, CC, Eos, Rabbit, Taos, Arteon, ID.4, ID Buzz, Routan, Cabrio, Cabriolet, "
            "Corrado, Scirocco, Fox, R32, Phaeton, Vanagon, Eurovan, Karmann Ghia, Bug, Jetta Wagon, "
            "Golf Sportwagen, Passat Wagon"
        ),
        "Volvo": (
            "XC40, XC60, XC70, XC90, S40, S60, S70, S80, S90, V40, V50, V60, V70, V90, C30, C40, C70, "
            "EX30, EX90, 240, 740, 760, 850, 940, 960"
        ),
    }.items()
}  # fmt: skip

# Other words for a make: short forms, and what recognisers and hurried fingers make of it.
MAKE_ALIASES: dict[str, str] = {
    "chevy": "Chevrolet", "chev": "Chevrolet", "chevie": "Chevrolet", "chevvy": "Chevrolet", "shevy": "Chevrolet", "shevrolet": "Chevrolet",
    "chevys": "Chevrolet", "vw": "Volkswagen", "volks": "Volkswagen", "volks wagon": "Volkswagen", "volkswagon": "Volkswagen", "vokswagen": "Volkswagen",
    "mercedes": "Mercedes-Benz", "benz": "Mercedes-Benz", "mercedez": "Mercedes-Benz", "merc": "Mercedes-Benz", "mercedes bends": "Mercedes-Benz",
    "beemer": "BMW", "beamer": "BMW", "bimmer": "BMW", "b m w": "BMW", "g m c": "GMC", "caddy": "Cadillac", "caddie": "Cadillac",
    "infinity": "Infiniti", "land rover": "Land Rover", "landrover": "Land Rover", "alfa": "Alfa Romeo", "alpha romeo": "Alfa Romeo",
    "rolls royce": "Rolls-Royce", "rolls": "Rolls-Royce", "aston martin": "Aston Martin", "lambo": "Lamborghini", "olds": "Oldsmobile",
    "hundai": "Hyundai", "hyundia": "Hyundai", "hunday": "Hyundai", "hyunday": "Hyundai", "hiundai": "Hyundai", "hundayi": "Hyundai",
    "hyndai": "Hyundai", "key a": "Kia", "toyoda": "Toyota", "toy yoda": "Toyota", "sue baru": "Subaru", "subie": "Subaru", "jeap": "Jeep",
    "niss an": "Nissan", "mitsu": "Mitsubishi", "porche": "Porsche", "lexis": "Lexus", "buik": "Buick", "pontiack": "Pontiac", "ponitac": "Pontiac",
    "accura": "Acura", "akura": "Acura", "oddy": "Audi", "audis": "Audi", "izuzu": "Isuzu", "smart car": "Smart", "mini cooper": "Mini",
    "general motors": "GMC", "tessla": "Tesla", "mazada": "Mazda", "matzda": "Mazda",
}  # fmt: skip

# Other words for a model: nicknames, spellings and mishearings, each with its make.
MODEL_ALIASES: dict[str, tuple[str, str]] = {
    "civik": ("Honda", "Civic"), "honda sivic": ("Honda", "Civic"), "see are v": ("Honda", "CR-V"), "c r five": ("Honda", "CR-V"),
    "crb": ("Honda", "CR-V"), "honda cr": ("Honda", "CR-V"), "rav for": ("Toyota", "RAV4"), "rap 4": ("Toyota", "RAV4"), "rav": ("Toyota", "RAV4"),
    "raf 4": ("Toyota", "RAV4"), "toyota rap": ("Toyota", "RAV4"), "forerunner": ("Toyota", "4Runner"), "fore runner": ("Toyota", "4Runner"),
    "for runner": ("Toyota", "4Runner"), "hylander": ("Toyota", "Highlander"), "high lander": ("Toyota", "Highlander"), "taco": ("Toyota", "Tacoma"),
    "tocoma": ("Toyota", "Tacoma"), "carolla": ("Toyota", "Corolla"), "corola": ("Toyota", "Corolla"), "preus": ("Toyota", "Prius"),
    "pre us": ("Toyota", "Prius"), "ultima": ("Nissan", "Altima"), "all tima": ("Nissan", "Altima"), "x terra": ("Nissan", "Xterra"),
    "exterra": ("Nissan", "Xterra"), "maxim": ("Nissan", "Maxima"), "cruise": ("Chevrolet", "Cruze"), "chevy cruise": ("Chevrolet", "Cruze"),
    "vette": ("Chevrolet", "Corvette"), "burb": ("Chevrolet", "Suburban"), "trail blazer": ("Chevrolet", "Trailblazer"), "stang": ("Ford", "Mustang"),
    "f hundred fifty": ("Ford", "F-150"), "ford 150": ("Ford", "F-150"), "ford 250": ("Ford", "F-250"), "ford 350": ("Ford", "F-350"),
    "e series": ("Ford", "Econoline"), "t bird": ("Ford", "Thunderbird"), "crown vic": ("Ford", "Crown Victoria"), "cherokee grand": ("Jeep", "Grand Cherokee"),
    "town and country": ("Chrysler", "Town & Country"), "pt cruiser": ("Chrysler", "PT Cruiser"), "pete cruiser": ("Chrysler", "PT Cruiser"),
    "sante fe": ("Hyundai", "Santa Fe"), "santafe": ("Hyundai", "Santa Fe"), "sorrento": ("Kia", "Sorento"), "sorento": ("Kia", "Sorento"),
    "elentra": ("Hyundai", "Elantra"), "cx thirty": ("Mazda", "CX-30"), "tiquan": ("Volkswagen", "Tiguan"), "tig one": ("Volkswagen", "Tiguan"),
    "g wagon": ("Mercedes-Benz", "G-Class"), "g wagen": ("Mercedes-Benz", "G-Class"), "cross trek": ("Subaru", "Crosstrek"),
    "out back": ("Subaru", "Outback"), "rubicon": ("Jeep", "Wrangler"), "tele ride": ("Kia", "Telluride"), "pre lude": ("Honda", "Prelude"),
    "oddessy": ("Honda", "Odyssey"), "odessey": ("Honda", "Odyssey"), "odyssee": ("Honda", "Odyssey"), "ridge line": ("Honda", "Ridgeline"),
    "path finder": ("Nissan", "Pathfinder"), "out lander": ("Mitsubishi", "Outlander"), "evo": ("Mitsubishi", "Lancer Evolution"),
    "for two": ("Smart", "Fortwo"),
    "bug": ("Volkswagen", "Beetle"), "silverardo": ("Chevrolet", "Silverado"), "silver auto": ("Chevrolet", "Silverado"), "fj": ("Toyota", "FJ Cruiser"),
}  # fmt: skip

# Numbers that name a model only behind this make: "335i", "E350", "RX 350", "A4". On words run together.
CODES: dict[str, re.Pattern[str]] = {
    "BMW": re.compile(r"(?:m|x|z|i)?[1-8]\d{0,2}(?:x?[deix]{1,3}|li|is|csl?|gt|td)?|active ?hybrid"),
    "Mercedes-Benz": re.compile(
        r"(?:a|b|c|e|g|s|r|cl|clk|cla|cls|slk|slc|sl|sls|ml|gl|gla|glb|glc|gle|gls|glk|"
        r"eq[bes])\d{2,3}[a-z]?|[1-6]\d0(?:e|d|sl|sel|ce|te)"
    ),
    "Lexus": re.compile(r"(?:ct|es|gs|gx|hs|is|lc|ls|lx|nx|rc|rx|rz|sc|tx|ux)\d{3}(?:h|l|f|t)?"),
    "Audi": re.compile(r"(?:a|q|s|rs|sq)[1-8]|[1-9]000|[89]0"),
    "Infiniti": re.compile(r"(?:g|m|q|i|j|qx|fx|ex|jx)\d{1,2}[sx]?"),
    "Volvo": re.compile(r"(?:xc|ex|s|v|c)\d{2}|[2-9][4-8]0"),
    "Volkswagen": re.compile(r"id\d"),
    "Ford": re.compile(r"[ef][1-9]50"),
    "Chrysler": re.compile(r"[23]00[cms]?"),
    "Mazda": re.compile(r"(?:cx|mx|rx|b)\d{1,4}"),
}

# Model names that are also everyday words, places or people's names. Alone they are no car.
ORDINARY = words_of(
    "navajo accent acclaim air alero amigo armada ascent aspen aspire astra astro atlas aura aurora avalanche "
    "avenger aviator axiom "
    "baja beetle blazer bolt bravada breeze brat bug caliber california canyon caprice capri "
    "captiva caravan carnival celebrity "
    "century challenger charger cheyenne cirrus citation clarity colorado colt comanche commander "
    "compass concorde continental "
    "contour cooper cordoba corsair corsica cougar crossfire crown cruise cube dakota dart dawn "
    "defender denali discovery "
    "duster dynasty echo eclipse edge electra element encore endeavor enclave entourage envoy envision "
    "equator escape escort "
    "esteem excel excursion expedition expo express falcon fiesta fit flex focus forte fox "
    "freestyle frontier fury fusion "
    "genesis ghost gladiator golf gravity hardtop horizon hornet imperial impulse insight "
    "integra intrepid intrigue ion "
    "jimmy journey karma kicks lancer laser leaf legacy legend liberty lightning loyale lynx magnum "
    "mariner marquis matrix maverick "
    "maxim metro milan midget mirage montana monterey mystique nautilus navigator neon nitro "
    "note nova ocean omni optima outlook "
    "panda passion passport patriot phantom pickup pilot pinto polestar prelude probe "
    "prologue prowler pulsar pure "
    "quest rabbit raider rainier ram ranger rav rebel regal relay reliant renegade reno rio riviera "
    "rodeo rogue roma rubicon sable safari sahara "
    "samurai savana scrambler sedona seville shadow sidekick sierra sienna silhouette sky "
    "skyline sonic sonoma soul spark "
    "spectra spectre spider spirit stealth stinger storm stratus suburban summit sundance supra swift "
    "taco talon tempo terrain "
    "titan topaz torrent tracer tracker transit traverse tribute trooper valiant "
    "vantage vega velar venture "
    "venue vibe vigor viper vision volt voyager vue wraith zephyr echo rolls evo laser"
)
# Everyday things that a caller may also call "my": only a make or a year makes a car of them.
NEVER_MINE = words_of(
    "accent air aura caliber california century charger clarity colt contour crown cruise "
    "discovery echo endeavor "
    "express fit flex fury insight jimmy karma kicks legacy "
    "maxim metro mirage note ocean "
    "outlook passion passport pickup quest rabbit shadow spark spirit storm summit taco "
    "tempo tracker venue "
    "vibe vision sky dawn air bug"
)
# Makes that are also everyday words or names: they need a year, an article or a model beside them.
ORDINARY_MAKES = words_of(
    "mercedes mini smart ram lucid mercury eagle genesis lincoln rolls merc olds infinity geo lexis beamer caddy "
    "volks key lotus fisker plymouth alfa"
)
# Cars that share a person's first name: "it's Jimmy" introduces somebody, "it's a Jimmy" a car.
GIVEN_NAMES = words_of(
    "jimmy colt elise nova aurora dakota sierra sienna cooper milan sable mercedes lincoln bentley giulia celeste"
)
# Cars named after places: behind "in" or "to" the place is meant.
PLACES = words_of(
    "tacoma tucson orlando santafe santacruz sedona pacifica malibu dakota elcamino parkavenue durango "
    "sonoma savana aspen denali tahoe "
    "telluride montecarlo montana colorado seville reno verona lucerne outback sequoia catera deville "
    "yukon montero bonneville "
    "sierra canyon fiesta cheyenne newyorker sienna avalon montego monterey milan"
)
# Names that are on the road often enough for a slip to be more likely than another word.
OFTEN_MISHEARD = words_of(
    "chevrolet hyundai mitsubishi volkswagen mercedes cadillac chrysler infiniti lincoln nissan toyota "
    "subaru porsche pontiac "
    "oldsmobile jaguar honda mazda acura volvo buick lexus dodge suzuki maserati landrover "
    "camry corolla altima sentra silverado equinox tahoe suburban impala malibu camaro corvette "
    "trailblazer explorer mustang bronco "
    "expedition elantra sonata tucson palisade sorento sportage telluride wrangler cherokee gladiator "
    "highlander tacoma tundra "
    "sequoia avalon yaris prius civic accord odyssey ridgeline outback forester impreza crosstrek "
    "pathfinder murano maxima xterra "
    "jetta passat tiguan touareg pacifica durango escalade acadia yukon enclave navigator cayenne cruze "
    "miata outlander lancer "
    "sierra taurus fiesta windstar prelude celica veloster santafe"
)
# Nearly one of them, but English, or somebody's name.
NOT_MISHEARD = words_of(
    "carry civil civics brick build quick saturday central sentry maximum prior priors hands handy honey "
    "honor honors hondo "
    "record records colored impact impala camera cameras malicious forested forest forests forrester "
    "foster forster accords according "
    "accorded account accounts court records sonnet navigation navigated navigate cherokees tundras "
    "infinite finite subscribe "
    "suburb suburbs urban nights explore explored explores explorers explain exploring expeditions "
    "mustache mustard prelude preludes "
    "passed passing passage passant sedan texas travels outlaw outlaws outlook outlooks outback yards "
    "years yarn tortoise total "
    "jetty jets cruise cruiser civically enclaves elected outlandish sorting sorted sports sportage "
    "escalate escalated escalates "
    "tacos toma taker passes passat mazes maze acute accurate valve valves solve dodged lodge lexical "
    "alexus lex leaves jaguars "
    "lancers lances dance gladiators glad corollary coroner corners corner equine equip telling tell "
    "ridge ridgelines odysseys "
    "wrangle wrangled wranglers tango tuscan tahoes tonight suburbia suburbans camaros cameron cameras "
    "cayman cayennes fiestas siesta "
    "highland highlands highlanders silvered maximal optimal murals mural "
    "shortage pacific expiration mutating preclude lander cheyenne crossfire crosstour prims loaner loaners those volvos buicks toyotas nissans hondas audits prize prized prices price crude cruze cruz lancet "
    "cadillacs sienna taurine tours"
)
