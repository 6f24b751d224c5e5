"""First names that people in the United States go by, and the short forms of the same name. Facts only.

The list tells "this is maria" from "this is urgent" where a transcript has no capitals. It is never
complete: behind "my name is" every word may be a name.
"""

_COMMON_WORDS = """
    aaron abby abdul abigail abraham adam adriana adrian agnes ahmed aidan aisha al alan albert alejandra alejandro alex
    alexa alexander alexandra alexis alfred alice alicia alina alisha alison allan allen allison alma alyssa amanda amber
    amelia amir amy ana anastasia andre andrea andreas andres andrew andy angel angela angelica angelina angie anita ann
    anna anne annette annie anthony antoine antonia antonio anya april archie ariana ariel arlene armando arnold art
    arthur arturo ashley ashton aubrey audrey austin autumn ava avery barb barbara barry beatrice beatriz becky belinda
    bella ben benjamin bernadette bernard bernice bernie bert beth bethany betsy betty beverly bianca bill billie billy
    blake blanca bob bobbie bobby bonnie brad bradley brady brandi brandon brandy breanna brenda brendan brent brett brian
    briana brianna bridget brittany brooke bruce bryan bryant bryce byron caitlin caleb calvin cameron candace candice
    carl carla carlos carly carmen carol carole caroline carolyn carrie carter casandra casey cassandra cassie catherine
    cathy cecil cecilia cedric celeste celia cesar chad charlene charles charlie charlotte chase chelsea cheryl chester
    chloe chris christa christian christie christina christine christopher christy cindy claire clara clarence clark
    claudia clayton cliff clifford clint clinton clyde cody colby cole colin colleen connie connor conrad constance cora
    corey cory courtney craig cristian cristina crystal curt curtis cynthia daisy dale dallas damian damon dan dana
    daniel daniela danielle danny daphne darius darlene darnell darrell darren darryl daryl dave david dawn dean deanna
    deb debbie deborah debra dee deepak delia della delores denise dennis denny derek derrick desiree destiny devin devon
    dexter diana diane dianne diego dina dirk dolores dominic dominique don donald donna donnie dora doreen doris dorothy
    doug douglas drew duane dustin dwayne dwight dylan earl ed eddie edgar edith edmund edna eduardo edward edwin eileen
    elaine eleanor elena eli elias elijah elisa elise eliza elizabeth ella ellen ellie elliot elmer eloise elsa elsie
    elvis emily emma emmanuel enrique eric erica erik erika erin ernest ernesto ernie esteban esther ethan eugene eunice
    eva evan eve evelyn faith faye felicia felipe felix fernando fiona flora florence floyd frances francesca francis
    francisco frank frankie franklin fred freddie frederick gabriel gabriela gabrielle gail garrett gary gavin gene
    geneva genevieve geoffrey george georgia gerald geraldine gerard gerardo gilbert gina ginger giovanni gladys glen
    glenda glenn gloria gordon grace gracie graham grant greg gregg gregory greta guadalupe guillermo gus guy gwen
    gwendolyn hailey hal hank hannah hans harold harriet harrison harry harvey hassan hattie hazel heather hector heidi
    helen helena henry herb herbert herman hilary hilda holly homer hope howard hugh hugo hunter ian ibrahim ida ignacio
    imani ina inez ingrid ira irene iris irma irving isaac isabel isabella isaiah ismael israel ivan ivy jack jackie
    jackson jacob jacqueline jada jade jaime jake jamal james jamie jan jana jane janet janice janie janine jared jasmine
    jason javier jay jayden jean jeanette jeanne jeff jeffery jeffrey jen jenna jennie jennifer jenny jeremiah jeremy
    jermaine jerome jerry jesse jessica jessie jesus jill jillian jim jimmy jo joan joann joanna joanne jodi jodie jody
    joe joel joey johanna john johnny johnnie jon jonah jonathan jordan jorge jose joseph josephine josh joshua josie joy
    joyce juan juana juanita judith judy julia julian juliana julie julio june justin justine kaitlyn kara karen kari
    karina karl karla kate katelyn katherine kathleen kathryn kathy katie katrina kay kayla keisha keith kelley kelli
    kellie kelly kelsey ken kendra kenneth kenny kent kerry kevin khalid kim kimberly kirk krista kristen kristi kristin
    kristina kristine kristy kurt kyle kylie lakisha lamar lana lance landon larry latoya laura lauren laurie lawrence
    leah lebron lee leigh lena leo leon leonard leroy leslie lester leticia levi lewis lila lily linda lindsay lindsey
    lionel lisa liz liza lloyd logan lois lola lonnie lora loren lorena lorenzo loretta lori lorraine lou louis louise
    lucas lucia lucille lucy luis luke lula luther luz lydia lyle lynda lynette lynn mabel mack mackenzie madeline
    madison mae maggie malcolm malik mallory mandy manuel mara marc marcella marcia marco marcos marcus margaret
    margarita margie maria mariah mariam marian marianne marie marilyn mario marion marisa marisol marissa marjorie mark
    marlene marlon marsha marshall marta martha martin marty marvin mary maryann mason mateo mathew matt matthew maureen
    maurice max maxine may megan mei melanie melinda melissa melody melvin mercedes meredith mia michael micheal michele
    michelle miguel mike mikhail mildred miles milton mindy minnie miranda miriam misty mitch mitchell mohamed mohammed
    moira molly mona monica monique morgan moses muhammad muriel myra myrtle nadia nadine nancy naomi natalia natalie
    natasha nate nathan nathaniel neal neil nelson nestor nicholas nick nicolas nicole nina noah noel nora norma norman
    octavia olga olive oliver olivia omar opal ophelia orlando oscar otis otto owen pablo paige pam pamela pat patricia
    patrick patsy patti patty paul paula paulette pauline pearl pedro peggy penelope penny perry pete peter peyton phil
    philip phillip phoebe phyllis pierre polly preston priscilla priya quentin quincy rachel rafael raj ralph ramon
    ramona randal randall randy raquel rashid raul ravi ray raymond rebecca reggie regina reginald rene renee reuben rex
    reyna rhonda ricardo rich richard rick rickey ricky riley rita rob robb robbie robert roberta roberto robin robyn
    rocco rocky rod roderick rodney rodrigo roger roland ron ronald ronda ronnie roosevelt rory rosa rosalie rosalind
    rosario rose rosemarie rosemary rosie ross roxanne roy rozalinda ruben ruby rudolph rudy rufus russ russell rusty
    ruth ryan sabrina sadie sal sally salvador sam samantha sammy samuel sandra sandy santiago santos sara sarah sasha
    saul savannah scott sean sebastian selena serena serge sergio seth shane shannon shari sharon shaun shauna shawn
    shawna sheila shelby sheldon shelia shelley shelly sheri sherman sherri sherry sheryl shirley sid sidney sierra
    silvia simon simone sofia sonia sonja sonya sophia sophie spencer stacey stacy stan stanley stella stephanie stephen
    steve steven stewart stuart sue summer susan susana susie suzanne sven sylvester sylvia tabitha tamara tami tammy
    tanisha tanner tanya tara tasha tatiana taylor ted teresa teri terrance terrell terrence terri terry thelma theo
    theodore theresa thomas tia tiffany tim timmy timothy tina toby todd tom tomas tommy toni tonia tony tonya tracey
    traci tracy travis trent trevor tricia trina trisha tristan troy tyler tyrone ursula valentina valeria valerie
    vanessa velma vera verna vernon veronica vicki vickie vicky victor victoria vijay vincent viola violet virgil
    virginia vivian vladimir wade wallace walt walter wanda warren wayne wendell wendy wesley whitney wilbur wilfred will
    willard william willie willy wilma winifred winston woodrow xavier yasmin yesenia yolanda yusuf yvette yvonne
    zachary zack zion zoe
    """
COMMON = frozenset(_COMMON_WORDS.split())

# The short forms of one name a line, all of them the same person.
SHORT_FORMS = """
    abigail abby gail
    abraham abe
    albert al bert bertie
    alexander alex al sandy xander alec
    alexandra alexandria alex sandra sandy lexi ali
    alfred al fred alfie
    alejandro alex ale
    allison alison ali allie
    amanda mandy
    andrew andy drew
    andrea andi
    angela angie
    ann anne anna annie nan nancy hannah
    anthony antonio tony
    arthur art artie
    barbara barb barbie babs
    benjamin ben benny benji
    bernard bernie
    beverly bev
    bradley brad
    brandon bran
    brian bryan bry
    calvin cal
    cameron cam
    carolyn caroline carol carrie
    catherine katherine kathryn cathy kathy kate katie kat kay kit kitty
    charles charlie chuck chas
    charlotte charlie lottie
    christine christina chris chrissy christy tina krista kristen kristin kristina
    christopher chris topher kit
    clifford cliff
    cynthia cindy
    daniel dan danny
    danielle dani
    david dave davey
    deborah debra deb debbie
    dennis denny
    dominic dom nick
    donald don donnie
    dorothy dot dottie dolly
    douglas doug
    edward eduardo ed eddie ted ned
    edwin ed eddie
    eleanor ellie nell nora
    elizabeth liz lizzie beth betty betsy eliza libby lisa ellie bess
    emily em emmy
    eugene gene
    evelyn eve evie
    florence flo
    frances francis fran frannie
    francis francisco frank frankie paco pancho
    franklin frank
    frederick fred freddie rick
    gabriel gabe
    gabriela gabrielle gabby
    gerald jerry gerry
    gregory greg
    guillermo memo
    gwendolyn gwen
    harold harry hal
    henry hank harry hal
    herbert herb bert
    howard howie
    isabel isabella bella izzy belle
    jacob jake
    jacqueline jackie
    james jim jimmy jamie jay
    jane janie jenny
    janet jan
    jeffrey jeffery geoffrey jeff geoff
    jennifer jen jenny jenna
    jeremiah jeremy jerry
    jessica jess jessie
    jesus chuy
    joan joanie
    john jack johnny jon juan
    jonathan jon johnny
    jorge george
    joseph jose joe joey pepe jojo
    josephine jo josie
    joshua josh
    judith judy
    julia julie juliana jules
    kenneth ken kenny
    kimberly kim
    lawrence laurence larry
    leonard leo len lenny
    lillian lily lil
    louis luis lewis lou louie
    louise lou
    lucille lucia lucy
    madeline maddie
    manuel manny
    margaret margarita maggie meg peggy marge margie greta rita peg
    maria mary marie mia
    martha marty patty
    martin marty
    matthew mathew matt
    melissa mel missy
    michael miguel mike mickey mikey mick
    michelle shelly mickey
    mitchell mitch
    nathaniel nathan nate nat
    nicholas nicolas nick nicky
    nicole nicky nikki
    norman norm
    olivia liv livvy
    oliver ollie
    pamela pam
    patricia pat patty patti tricia trish patsy
    patrick pat paddy
    peter pete
    philip phillip phil
    priscilla cilla
    rafael rafa
    raymond ray
    rebecca becky becca
    reginald reggie
    richard ricardo rich rick ricky dick richie
    robert roberto rob bob bobby robbie bert robb
    roberta bobbie
    rodney rod
    roger rog
    ronald ron ronnie
    rosemary rosalinda rose rosie
    russell russ rusty
    samantha sam sammy
    samuel sam sammy
    sandra sandy
    sarah sara sally sadie
    sean shawn shaun
    sebastian seb
    sharon shari
    sophia sofia sophie
    stanley stan
    stephanie steph
    stephen steven steve stevie
    stuart stewart stu
    susan suzanne susana sue susie suzy
    tabitha tabby
    teresa theresa terry tess tessa teri
    terrence terrance terry
    theodore ted teddy theo
    thomas tom tommy
    timothy tim timmy
    tyler ty
    valerie val
    vanessa nessa
    veronica ronnie roni
    victor vic
    victoria vicky vicki vickie tori
    vincent vince vinny
    virginia ginny ginger
    vivian viv
    walter walt wally
    wesley wes
    william will bill billy willie liam willy
    zachary zach zack
"""


def _same_name() -> dict[str, frozenset[int]]:
    lines: dict[str, set[int]] = {}
    for number, line in enumerate(SHORT_FORMS.strip().splitlines()):
        for name in line.split():
            lines.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in lines.items()}


_LINES = _same_name()


def are_one_name(one: str, other: str) -> bool:
    """Are both, in lower case, forms of one name: "bob" and "robert", "liz" and "betty"?"""
    return one == other or bool(_LINES.get(one, frozenset()) & _LINES.get(other, frozenset()))


def is_given_name(word: str) -> bool:
    """Is this, in lower case, a first name that many people have?"""
    return word in COMMON or word in _LINES
