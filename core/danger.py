"""Words of danger in what people write: one list and one way to find them, for complaints and for reports of friends.

A text is compared as it is meant, not as it is typed: full width and half width, traditional and simplified
characters, capitals, and whatever stands between two Chinese characters are one. Words raise and never lower; a word
that is harmless in a fixed phrase (a toy gun, a tracked parcel) is told by the phrase. What the list finds and what it
misses is measured on `core/tests/wordings.tsv`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import opencc
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from core import policy
from core.policy.kinds import Reading
from core.policy.units import Later

SEVERE, RAISED, HARMLESS = "severe", "raised", "harmless"
CJK = re.compile(r"[㐀-鿿豈-﫿]")
_SIGNS = {"(": "(", ")": ")", "|": "|", "…": r"\w{0,4}?", "*": "[a-z]*", "$": "$", " ": r"\s+"}
# OpenCC keeps 著 where it may be a word of its own; people write it for 着.
_SIMPLE = opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """A text as texts are compared: NFKC, lower case, simplified characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SIMPLE.convert(folded).replace("著", "着") if CJK.search(folded) else folded


def plain(text: str) -> str:
    """The same, with nothing between Chinese characters that hides a word: spaces, signs, ends of lines."""
    return re.sub(rf"(?<={CJK.pattern})[\s\W_]+(?={CJK.pattern})", "", fold(text))


@lru_cache(maxsize=16)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_one(word) for word in words) or r"(?!)")


def _one(word: str) -> str:
    """A word of the list as an expression: (a|b), … and * are its signs, anything else stands for itself."""
    parts = [_SIGNS.get(part) or re.escape(fold(part)) for part in re.split(r"([()|…*$ ])", word) if part]
    expression = "".join(part if part != "(" else "(?:" for part in parts)
    # Not \b: a Chinese character beside a Latin one is a border for people.
    return f"(?:{expression})" if CJK.search(word) else rf"(?<![a-z])(?:{expression})(?![a-z])"


class Wordings(policy.Words):
    """Words in the signs of this list; a text that is no expression is refused on writing and not read."""

    LONGEST = 600

    def read(self, raw: Any, default: list[str], reading: Reading) -> list[str]:
        words = super().read(raw, default, reading)
        for word in words:
            try:
                re.compile(_one(word))
            except re.error:
                reading.wrong("wrong_type", Later(lambda: _("Its brackets do not pair.")))
                return default
        return words


LABELS = {
    SEVERE: pgettext_lazy("danger words", "severe"),
    RAISED: pgettext_lazy("danger words", "raised"),
    HARMLESS: pgettext_lazy("danger words", "harmless phrases"),
}
DANGER_WORDS = policy.declare(
    "core.danger_words",  # C2, S10
    policy.Table(
        dict.fromkeys((SEVERE, RAISED, HARMLESS), Wordings()),
        LABELS,
    ),
    {
        SEVERE: [
            # cries for help, fear
            "救命", "救救", "救(我|她|他)", "求救", "jiuming", "(帮|替|让|请|快|求|喊)(我|她|他|你们|)(报警|报个警|叫警察)", "帮她报", "派人来", "来人啊",
            "查…车牌号在哪", "查一下车牌", "(我|她|他|好|很|真的|太)(害怕|好怕|很怕|怕极)", "别挂电话", "(喊|叫|说)放开(我|她)", "放开我", "是我怕", "还要牵手",
            "牵(我|她)的手", "吓哭", "(在|浑身|一直)发抖", "尖叫", "不敢出声", "躲(在|进|到)…(厕所|不敢|柜|树)", "(发|打来)…我要死了", "哭着(求|喊|打)", "求他停",
            "(喊|敲|拍)…(救|窗喊|玻璃)",
            # death and threats
            "杀(了|我|人|死|掉|她|他|你)", "要杀", "(弄|整|掐|勒|烧|砍|捅|撞|咬|打)死(我|你|她|他|人|了你|全家)", "要害(我|她|他)", "炸(药|弹|死)",
            "回不(了|去)家", "今晚别想", "不让(她|他|我|)回家", "害死(我|她)", "同归于尽", "一起死", "威胁", "恐吓", "威逼", "扬言", "吓唬(我|她)",
            "报复(我|她)", "(弄|废|收拾|整|搞)(了|)(我|你|她)(全家|)(们|一|的命|了)", "弄我全家", "点颜色", "(让|叫)(我|你|她)(好看|消失|后悔|混不下去)",
            "找人(弄|打|收拾|整)", "道上的", "坐过牢", "老实点", "待不下去", "门…从里面打不开", "唔开门", "要下车…油门", "(开|拐|转)(进|到|上)…(土路|小路|山路|野地)",
            "(水|饮料|酒|杯子)里…(加|放|下)(了|)(东西|药|什么)", "被下了", "站不起来", "带我返", "绕到他家", "(一了百了|在桥上|在天台|在楼顶)", "信不信我", "是我家(窗|门|楼)",
            "(别|不许|不准)(出声|吭声|喊|动)", "(不许|不准)(叫|说话)", "别说话", "放火", "上门(砍|打|弄|找)", "(知道|认识)(我|你|她)(家|住)", "找到我家", "把我卖", "拐卖", "把…卖到",
            # weapons
            "(持|拿|拔|掏|抽|亮|举|握|藏|动|用)(着|出|了|起|出来|)(一|)(把|根|个|块|支|条|)…(刀|匕首|枪|棍|棒|扳手|改锥|螺丝刀|锤|斧|砖|酒瓶|钢管|皮带|绳子)",
            "(带着|身上有|车里有|有一|有)(刀|枪|匕首)", "刀(架|捅|砍|指|顶|逼)", "匕首", "(拿|用)…(指|顶|抵|架|砸|抽|捅|吓|戳)(着|了|住|在|)(我|她)",
            "(顶|抵)(着|住|在)(我|她)", "(烟头|开水|热水|针|钉子)…(烫|扎|泼|刺)", "(烫|夹)(我|她)的(手|脸|腿|脖)", "电(击|棍)", "(泼|浇)…(我|她|汽油)",
            # violence

            "(砍|刺|捅|抽|扎|砸|撞|推|按|压|拖|扯|搡)(了|着|住|倒|在|到|)(我|她)(的|)(头|脸|脖|嘴|手|胳膊|肚|腿|胸|眼|鼻|妈|爸|一|几|两|好|下|在|往|倒|就|不|全|住|女|儿|老|姐|妹|哥|弟|起)",
            "(踹|踢|扇|揍|掐|勒|咬|捂|捆|绑|殴打|拽|揪|拧)(了|着|住|)(我|她)",
            "把(我|她|他)(打|揍|踢|推|拖|拽|按|压|绑|捆|关|锁|困|摁|堵|扔|撂|丢|甩|拉下|扯|勒|掐|弄晕|迷)",
            "(他|她|机|傅|客|人)(又|还|就|直接|突然|动手|)打(了|)(我|她)", "打(了|)我(脸|头|的头|的脸|鼻|嘴|一|两|几|爸|妈|老|女|儿|姐|妹|哥|弟|奶|爷|孩|朋友|同事)",
            "打我了", "(要|想|还要)打(我|她|人)(妈|爸|一|，|)", "围着…打", "被…打到", "(踢|踹|打)(倒|下车|翻)", "手…(扭|反)到背",
            "被(他|她|司机|师傅|乘客)(踹|踢|推|打|拖|扔|赶)", "打人", "被(他|她|司机|师傅|乘客|人|…个…)打(了|伤|得|破)", "耳光", "一巴掌", "一拳", "拳(打|头)",
            "动手(打|动脚)", "(对|跟)(我|她|他)动手", "动粗", "推倒", "拽下", "拖下车", "头破", "流了…血", "流血不止", "踢肚", "(用|开)车撞(我|她|人)",
            "追着…打", "(扯|揪|抓|拉)…头发", "喷(了|)…(脸|眼|什么)", "烧我", "(几|两|三|四|一帮|一群)(个|)…打我",
            # robbed
            "抢劫", "抢(了|走|我|她)…(手机|钱|包|方向盘|首饰|项链)", "(手机|钱|包)…(抢走|抢了)", "支付密码", "(把|逼|要)…钱转给",
            # held against one's will
            "绑架", "劫持", "囚禁", "非法拘禁", "人身自由", "绑(我|了我|她)(的|)(手|脚)", "被绑", "绑起来", "捆起来", "关在(车|屋|房|里)", "反锁", "锁死",
            "锁(着|住|上|了|死)(车|)门", "锁车门", "门(锁住|锁上|锁死|锁着|被锁|反锁)", "把…门锁", "锁了车窗", "不开锁", "不(给|肯)开门", "就不开门", "我…门打不开",
            "下不(了|去)车", "我下不去", "别想(下|走|回|跑)", "(不让|不准|不许|不肯|不放|唔俾|唔畀|拒绝让)(我|她|他|)(下车|下去|下来|走|离开|出来|出去|落车|上楼)",
            "不让…(出来|离开)", "才(让|放)(我|)(走|下车)", "不放(我|她)", "扣(着|住)(我|她)", "挣(脱|扎)", "(就是|怎么|也|都|死活)(也|都|)不停(，|车|$)",
            "喊停", "(说|求|让|叫|喊)…停车…不(停|理|听)", "(要|想)把(我|她)(带|拉)(走|到|去)", "(他|机|傅)(要|想|非要|硬要)带(我|她)(去|走)",
            "把(我|她)(带|拉|载)(走|去|到)(山|没|荒|野|桥|河|水库|工地|他家|酒店|宾馆|陌生|偏|一个)", "不认识(这里|这儿|我在)", "(不知道|不清楚)(我|)(在哪|这是哪)",
            "陌生的(房|地方)", "(叫|喊)他不(理|应)", "(把|他)(定位|导航)关",
            # sexual violence
            "强(奸|暴)", "迷奸", "性侵", "轮奸", "猥亵", "性骚扰", "非礼", "侵犯(我|她)", "骚扰(我|她|信息|短信|女|他|$)", "强(吻|行|迫|迫我)", "硬要",
            "(要|想|强|硬|来)亲(我|她)", "(就|嘴)亲(我|她)(嘴|脸|一|还|了|脖|额)", "亲(了|吻)(我|她)", "(接|强|舌|狂)吻(我|她|了)",
            "(抱|搂)(住|着|了|紧)(我|她)", "(要|想|强|硬|从后面)(抱|搂)(我|她)", "搂(我|她)",
            "(摸|捏|蹭|碰|舔|闻|袭|掀|扒|撕|抓|搭|伸)…(胸|屁股|大腿|裙|内裤|下体|脖子|大髀)", "(摸|捏|舔|扒|掀|袭)(了|着|到|)(我|她|佢)",
            "(盯|看|夸|拍)…(我|她)(的|)(胸|屁股|大腿|腿|裙)", "(解|扯|撕)(开|了|)(我|她)(的|)(扣|衣|裤|裙|内)", "摸自己", "乱摸", "(给他|帮他)摸",
            "手(一直|就|又|)(伸|搭|放|搁|摸|按|蹭)(到|在|进|过|向|我|)…(我|她|腿|胸|裙|衣|肩|腰|裤|来)", "手…不拿开", "伸手(进|过来|摸|碰)", "不(松|撒)手",
            "不亲…不(走|开|让)", "亲一下", "撩(起|开)…(衣|裙)", "(衣|裙)…撩", "解(开|下|了)皮带", "打手枪", "下面没监控", "没(有|)监控", "锡我", "抱(我|她|到|去|进)…后座",
            "毛手毛脚", "占我便宜", "咸猪手", "(坐|移|挪|挤|跑)(到|来|过来)(后排|后座|我旁边|我身边)", "到后(排|座)来", "坐(我|他|她|)腿上",
            "脱(我|她|了裤|裤|光|掉|下)(的|)(衣|裤|裙|外套|了)", "(让|叫|逼|强迫|要)我脱", "(逼|强迫)(我|她)", "没穿(裤|衣|好)", "裤(子|)…(拉链|没穿|脱)",
            "露(阴|出下|出生殖|体|下体)", "下体", "生殖器", "自慰", "手淫", "给他口", "口交", "射(精|在我)", "裙底", "偷拍", "拍(我|她)(裙|腿|胸|睡)",
            "对着我拍", "裸(照|体|聊)", "下流", "猥琐", "色情", "黄色(视频|笑话|图)", "(看|放)(黄片|a片|毛片)", "(荤|黄)(段子|话)", "小电影", "约不约",
            "约炮", "(去|跟他|和他)开房", "陪(我|他|你)(睡|一晚|过夜)", "睡(一晚|我|她)", "一(晚|夜|晚上)多少钱", "多少钱一(晚|夜)", "包养", "(做|当)…情人",
            "小老婆", "勾引", "穿(这么|那么)(少|骚)", "骚货", "婊子", "做(过|爱|久)", "上(我|你)家(坐|里)", "上床", "(男朋友|女朋友)多久", "要娶我",
            # followed and drugged
            "(跟踪|尾随)", "跟(着|在|了)(我|她)(后面|身后|回|到|上|进|下车|一路|走了)", "一路跟(着我|着她|到)", "下车(跟|追)(着|在|)(我|她)",
            "堵(着|住|在|)(我|她)", "堵(门|在家|在车库)", "(蹲|守)(在|了|着)", "(天天|每天|还|又|总|老)(在|来|到|去|跑)(我|我们|她)(家|公司|单位|楼下|学校)",
            "下(药|了药)", "迷(药|魂|晕)", "(喝|吃|闻)(完|了|下)…(晕|迷|断片|没力气|睡过|昏)", "断片", "越来越没力气", "手…抬不起来", "(就|我)晕(了|过去)",
            "昏过去", "迷迷糊糊", "醒来…(陌生|不认识|没穿)",
            # far from people, put out
            "越来越(偏僻|荒|偏)", "(往|到)…偏僻", "偏僻的(地方|路|山)", "荒(山|郊|野|无人)",
            "(开|拉|载|带|跑)(到|进|上|往)(了|)(山|荒|野|树林|水库|工地|没|河边)", "往山", "没(有|)路灯的(地|路)", "没(有|)人的(地方|路)", "周围…(没|一个人没)",
            "(扔|撂|丢|甩)(在|到)(了|)…(高速|国道|路边|半路|荒|野|桥)",
            # one's own life
            "自杀", "跳(车|楼|河|江|桥|海)", "从车上跳", "滚了出去", "轻生", "不想活", "活不下去", "活(着|)(没意思|够了)", "割腕", "我想死", "遗书", "安眠药",
            "(结束|了结)…(生命|自己|一切)",
            # English
            "help me", "(save|kill|hurt) (me|her|him|us|you|my*)", "killed", "killer", "murder*", "stab*",
            "(a|his|the|with|pulled|has) (knife|gun|blade|weapon|hammer|machete|pistol|rope)", "weapon*", "knife",
            "knives", "gunpoint", "kidnap*", "abduct*", "(locked|blocked|locks|lock) (the|all the|my) (door*|exit*)",
            "doors (were|are) locked", "lock* me", "let (me|her|us) out",
            "(not|won't|wouldn't|didn't|don't|refused to|never) let (me|her|us) (go|leave)", "trapped", "rape*",
            "rapist", "molest*", "grope*", "groping", "fondl*",
            "(touched|touching|touches|touch|rubbed|rubbing|stroked|grabbed|grabs|squeezed|licked|bit|slapped|hit|beat|punched|kicked|pushed|shoved|choked|dragged|drags|pulled|tore|forced|force|followed|follows|drugged|attacked|strangled|cornered|pinned) (me|her|my (arm*|leg*|thigh*|knee|breast*|hair|neck|wrist*|face|shoulder*|shirt|skirt|bum|back|hand*|chest|mother|father|sister|brother|son|daughter|wife|friend))",
            "(up|under|in|inside|on) my (skirt|dress|thigh*|leg|shirt|blouse|pants)",
            "(kiss|kissed|kissing|hug|hugged) (me|her)", "(expos*|flash*) himself", "masturbat*", "naked", "porn*",
            "(for|have|having) sex", "sexual*", "whore", "slut", "how much for a night",
            "(take|took|taking) off (my|your|her|his)", "my clothes", "photo* of my (leg*|body|chest|skirt|breast*)",
            "harass*", "assault*", "attack*", "slap*", "punch*", "chok*", "strangl*",
            "by (the|my) (neck|hair|throat)", "(can't|cannot|couldn't) breathe", "holding me", "held me", "threat*",
            "teach me a lesson", "spat (at|on)", "follow* me", "stalk*", "where i live",
            "keep* (texting|calling|messaging|staring)", "kept (texting|staring|touching)", "sit on his lap",
            "unzip* his", "(hiding|hide) in", "looking for me", "line went dead",
            "into the (mountain*|forest|woods|bush)", "feel dizzy", "felt dizzy",
            "(before|until) i could (leave|get out)", "held (me |us |)in the car", "was held", "passed out",
            "in my (drink|water)", "suicid*", "end my life", "kill myself", "(want|wish) to die",
            "(don't|not|didn't) want to live", "jump* out", "remote place",
            "(dark|deserted|empty) (car park|parking lot|road|alley|place|street|lot)",
            "nobody (will|would|can) (find|hear)", "(refused to|won't|will not|would not|wouldn't) stop",
            "(did not|didn't) stop when", "beg* him", "is (scared|crying)",
            "(i am|i'm|am so|was so) (scared|afraid|terrified)", "(screaming|screamed)",
            "(send|call|get) (the |)(police|cops)", "(never came|not come|didn't come|hasn't come) home",
            "(leave|left|drop|dropped|dump*) me (on|in) the (highway|motorway|middle)",
            "(taking|took|takes) (me|her) (somewhere|to a|to his)",
        ],
        RAISED: [
            "歧视", "残疾", "残废", "瘸子", "聋(哑|人)", "听障", "盲(人|杖)", "拐(杖|棍)", "轮椅", "导盲犬", "种族", "艾滋", "嫌…外地",
            "外地(佬|人都|人不)", "乡(下人|巴佬)", "不(拉|载|接)…人(，|$)", "嫌…口音", "口音土", "醉(酒|驾|醺)", "喝(酒|了酒|多了还开)", "酒(味|气|驾)",
            "空酒瓶", "吸毒", "毒驾", "嗑药", "疲劳驾驶", "瞌睡", "打盹", "睡着", "睡过去", "没睡(觉|好)", "打哈欠", "眼睛(就|都|)(闭|睁不开)",
            "闯(了…|…个|)(红灯|灯)", "抢黄灯", "(回|看)微信", "超速", "飙车", "时速", "开到一百", "开(得|的)(飞快|太快)", "不减速", "逆(行|向)", "对面车道",
            "(刷|看)(着|短|)(视频|抖音)", "(司机|师傅|他|开车)(边|一边|一直|时|还|总|…)(看|玩|刷|回)…手机", "单手开", "车祸", "撞(车|到|了|上)", "刮(到|倒)",
            "追尾", "受伤", "(摔|擦|碰|磕|划)(伤|破|倒|了|到)", "起了…包", "骨折", "流血", "脖子疼", "孕妇", "怀孕", "小孩", "儿童", "未成年",
            "岁的(孩子|儿子|女儿|小)", "(赶|轰|撵)(我|她|他|)下车", "嫌…下车", "半路把…放下", "放在半路", "闭嘴", "discriminat*", "racist",
            "disab*", "wheelchair", "(guide|service) dog*", "blind", "deaf", "black people",
            "because (i am|i'm|of my) (black|muslim|jewish|gay|foreign*|asian|african|disab*|fat|old|accent|skin|hijab)",
            "insult* me because", "drunk*", "drinking", "alcohol", "asleep", "nodd* off", "sleepy", "speeding",
            "(drove|driving|drives) (very|too|so|really) fast", "red light*", "wrong side", "texting while",
            "crash*", "accident*", "injur*", "(my|his|her) (arm|neck|head|back|leg) (hurts|hurt)", "bumped my",
            "(hit|into) (another|a|the) (car|tree|wall|pole|bike|man|woman|truck|fence)", "bleed*", "pregnan*",
            "child*",
        ],
        HARMLESS: [
            "打死(我|)也", "(杀|砍)价", "杀(毒|熟|青|个回马枪)", "(玩具|水|道具|充电|加油|油|喷|仿真|奶油)(手|)枪", "枪灰", "(水果|剃须|修眉|菜|指甲|美工|折叠)刀",
            "刀(叉|削面|具)", "(行程|物流|订单|位置)跟踪", "跟踪(页面|行程|链接)", "骚扰(电话|拦截)", "锁屏", "车锁坏", "车窗锁住", "(小孩|孩子|儿童|小朋友)的",
            "儿童(安全|)(座椅|锁|票)", "我(喝酒|喝了酒|喝多)", "(我|孩子|宝宝)睡着", "打(我|你|他|她)(的|爸|妈|)(电话|手机|号码|客服)", "打我…电话",
            "(上车点|定位|小区|公司|住|这里|那里|位置)…偏僻", "害怕(赶不上|迟到|错过|堵车|来不及)", "带(我|她)去(加油|医院|机场|车站|火车站|洗车)", "救命(稻草|恩人)", "急救包", "不开门发票", "绑(我|他|她|我的|他的)(的|)(号|卡|手机|账号)", "绿灯", "(到|去|从|在)酒店(的|出发|接)", "按我(的|说|要求)",
            "推(我|)(的|)行李", "拖(我|)(的|)行李", "追(着我|)…(还给|手机还)", "笑(死|喷)", "(气|累|热|冷|冻|堵|困|急|晒|吓|疼)死", "生死",
            "药(店|房|品|盒)", "脱鞋", "抱(着|了)(我|她)(的|家|妈|儿|女|孩)", "打我…(热线|前台)",
            "help me (find|get|with|contact|change|cancel|book|pay|load|carry|reach|locate|understand|out)",
            "(toy|nail|glue|water|heat) gun*", "kill for", "kill* (my|the|some) (battery|phone|time)",
            "killer (view|deal|price)*", "(traffic|parking) (was|is) murder", "(kitchen|steak|butter) kni*",
            "knife set*", "set of kni*", "by accident", "child* seat*", "following the gps*",
            "pulled (my|the) (bag*|suitcase*)", "hit my (bag*|suitcase*|phone)", "held me up", "stop following",
            "app crash*", "主动帮忙", "heart attack*", "hit me with", "push* me to (give|rate|pay|cancel)",
            "force* me to (pay|cancel|give|rate|add|walk|wait|take)",
            "let me out (at|on|in|near|far|too|early|before|a|two)",
        ],
    },
    name=pgettext_lazy("policy name", "Danger words"),
    about=_lazy(
        "What raises a complaint's class and a report's score and never lowers them. (a|b) stands for either, … for up to "
        "four characters, and an English word may end in *. Harmless phrases are not looked into."
    ),
)  # fmt: skip


def found(text: str) -> list[tuple[str, str]]:
    """The words of the policy in force that a text holds, each with its class, gravest first."""
    lists = policy.value(DANGER_WORDS)
    # A phrase leaves a character behind that no word has: what stood around it neither joins nor parts.
    said = _pattern(tuple(lists[HARMLESS])).sub("物", plain(text))
    return [
        (level, match.group(0))
        for level in (SEVERE, RAISED)
        for match in _pattern(tuple(lists[level])).finditer(said)
    ]


def is_severe(text: str) -> bool:
    """Whether somebody may be in danger by these words."""
    return any(level == SEVERE for level, _word in found(text))
