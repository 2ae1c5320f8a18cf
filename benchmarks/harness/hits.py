"""A table of page views of the shape that ClickBench asks about: its 105 columns, made up."""

from pathlib import Path

# Columns of ClickBench's table that no query asks for, or only as part of all: mostly empty there, and so here.
NUMBERS = {
    "SMALLINT": "JavaEnable GoodEvent CounterClass OS UserAgent RefererCategoryID URLCategoryID ResolutionHeight ResolutionDepth FlashMajor FlashMinor NetMajor NetMinor UserAgentMajor CookieEnable "
    "JavascriptEnable IsMobile IsArtifical ClientTimeZone SilverlightVersion1 SilverlightVersion2 SilverlightVersion4 IsNotBounce IsOldCounter IsEvent IsParameter WithHash Age Sex Income Interests "
    "Robotness HistoryLength HTTPError SocialSourceNetworkID ParamCurrencyID HasGCLID",
    "INTEGER": "RefererRegionID URLRegionID IPNetworkID SilverlightVersion3 CodeVersion HID RemoteIP WindowName OpenerName SendTiming DNSTiming ConnectTiming ResponseStartTiming ResponseEndTiming "
    "FetchTiming CLID",
    "BIGINT": "FUniqID ParamPrice",
}
TEXTS = (
    "FlashMinor2 UserAgentMinor Params PageCharset OriginalURL HitColor BrowserLanguage BrowserCountry SocialNetwork SocialAction SocialSourcePage ParamOrderID ParamCurrency OpenstatServiceName "
    "OpenstatCampaignID OpenstatAdID OpenstatSourceID UTMSource UTMMedium UTMCampaign UTMContent UTMTerm FromTag")

WORDS = "погода карта купить google фото новости видео Google skachat online расписание билеты рецепт форум магазин авто квартира работа игры музыка".split()
MODELS = "iPad|iPhone|A500|N8-00|GT-I9300|Galaxy|Desire|Lumia 800|Xperia|Nexus 7".split("|")


def draw(salt: int, below: str) -> str:
    """A number from 0 on, the same one each time."""
    return f"(hash(i * 1000003 + {salt}) % CAST({below} AS UBIGINT))::BIGINT"


def skewed(salt: int, below: str, power: float) -> str:
    """As `draw`, the small ones more often."""
    return f"CAST(floor(pow({draw(salt, '1000000007')} / 1000000007.0, {power}) * ({below})) AS BIGINT)"


def select(rows: int) -> str:
    words = "[" + ", ".join(f"'{word}'" for word in WORDS) + "]"
    models = "[" + ", ".join(f"'{model}'" for model in MODELS) + "]"
    word = lambda number: f"{words}[1 + ({number}) % {len(WORDS)}]"
    filler = [
        f"CAST(CASE WHEN {draw(100 + place, '10')} < 6 THEN 0 ELSE {draw(200 + place, str(7 + 5 * place))} END AS {kind}) AS {name}"
        for kind, names in NUMBERS.items() for place, name in enumerate(names.split())]
    filler += [f"CASE WHEN {draw(300 + place, '20')} = 0 THEN {word(draw(400 + place, '97'))} ELSE '' END AS {name}" for place, name in enumerate(TEXTS.split())]
    return f"""
        WITH first AS (
            SELECT i, CASE WHEN {draw(1, '100')} < 8 THEN 62 ELSE {skewed(2, '6000', 3)} END AS counter, {skewed(3, f'{rows} / 5', 1.6)} AS visitor, {draw(4, '2678400')} AS second,
                {skewed(5, '3000', 2.5)} AS page, {skewed(6, '9000', 2)} AS referrer, {draw(7, '1000')} AS chance, {skewed(8, f'{rows} / 12', 2)} AS phrase
            FROM range({rows}) r(i)),
        second AS (
            SELECT *, CASE WHEN chance < 4 THEN 'http://www.google.ru/search?q=' || phrase ELSE 'http://site' || counter || '.ru/' || {word('page')} || '/' || page || CASE WHEN chance < 300 THEN '?id=' || (page * 7919) ELSE '' END END AS url
            FROM first)
        SELECT CAST(hash(i + 17) // 2 AS BIGINT) AS WatchID, CASE WHEN chance < 30 THEN '' ELSE {word('page')} || ' — ' || {word('page // 20')} || ' ' || page % 3000 END AS Title,
            TIMESTAMP '2013-07-01' + to_seconds(second) AS EventTime, CAST(TIMESTAMP '2013-07-01' + to_seconds(second) AS DATE) AS EventDate, counter::INTEGER AS CounterID,
            (hash(visitor * 31 + 5) % 2147483647)::INTEGER AS ClientIP, (hash(visitor) % 1500)::INTEGER AS RegionID,
            CASE WHEN visitor = 77 THEN 435090932899640449 ELSE CAST(hash(visitor * 7) // 2 AS BIGINT) END AS UserID, url AS URL,
            CASE WHEN chance % 5 < 2 THEN '' ELSE 'http://' || CASE WHEN referrer % 3 = 0 THEN 'www.' ELSE '' END || {word('referrer // 400')} || (referrer % 4) || '.com/' || referrer || '/x' END AS Referer,
            (chance % 10 = 1)::SMALLINT AS IsRefresh, ([1024, 1280, 1366, 1600, 1920, 0, 800])[1 + visitor % 7]::SMALLINT AS ResolutionWidth,
            CASE WHEN visitor % 16 = 3 THEN 1 + visitor % 90 ELSE 0 END::SMALLINT AS MobilePhone, CASE WHEN visitor % 16 = 3 THEN {models}[1 + visitor % {len(MODELS)}] ELSE '' END AS MobilePhoneModel,
            ([-1, 0, 1, 2, 3, 6, 6, 5])[1 + chance % 8]::SMALLINT AS TraficSourceID, CASE WHEN chance % 8 = 2 THEN 1 + phrase % 40 ELSE 0 END::SMALLINT AS SearchEngineID,
            CASE WHEN chance % 8 = 2 THEN {word('phrase')} || ' ' || {word('phrase // 20')} || ' ' || phrase ELSE '' END AS SearchPhrase,
            CASE WHEN chance = 5 THEN 1 + visitor % 50 ELSE 0 END::SMALLINT AS AdvEngineID, (300 + {draw(9, '1600')})::SMALLINT AS WindowClientWidth, (200 + {draw(10, '900')})::SMALLINT AS WindowClientHeight,
            TIMESTAMP '2013-07-01' + to_seconds(second + {draw(11, '90')}) AS ClientEventTime, (chance % 20 = 3)::SMALLINT AS IsLink, (chance % 50 = 4)::SMALLINT AS IsDownload,
            (chance % 40 = 7)::SMALLINT AS DontCountHits, TIMESTAMP '2013-07-01' + to_seconds(second + 14400) AS LocalEventTime,
            CASE WHEN referrer < 40 THEN 3594120000172545465 ELSE CAST(hash(referrer) // 2 AS BIGINT) END AS RefererHash,
            CASE WHEN page < 60 THEN 2868770270353813622 ELSE CAST(hash(url) // 2 AS BIGINT) END AS URLHash, {", ".join(filler)}
        FROM second ORDER BY CounterID, EventDate, UserID, EventTime, WatchID"""


def make(connection, file: Path, rows: int) -> None:
    """Writes the table, in the order of ClickBench's own key."""
    connection.execute(f"COPY ({select(rows)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
