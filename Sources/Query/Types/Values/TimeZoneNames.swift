import ColumnStore

/// Names of zones where a value names one: abbreviations, each a fixed offset whatever the season, before tzdata's names in any case; as
/// PostgreSQL looks them up. The session's own zone is a name of tzdata only.
package enum TimeZoneNames {
    /// Nil when there is no such zone, or tzdata cannot be read.
    static func rules(named name: String) -> TimeZoneRules? {
        if let seconds = offset(ofAbbreviation: name) { return .fixed(secondsEast: seconds, name: name.uppercased()) }
        if let rules = rules(ofAbbreviation: name) { return rules }
        guard let rules = try? TimeZoneDatabase.system.rules(inAnyCase: name) else { return nil }
        return rules
    }

    /// Whether a name is tzdata's, as it is written there, and no abbreviation that means something else.
    static func isPlace(_ name: String) -> Bool {
        guard name == "UTC" || offset(ofAbbreviation: name) == nil && rules(ofAbbreviation: name) == nil else { return false }
        return ((try? TimeZoneDatabase.system.rules(for: name)) ?? nil) != nil
    }

    /// Seconds east of Greenwich.
    static func offset(ofAbbreviation name: String) -> Int? {
        guard name.utf8.count <= 6 else { return nil }
        return abbreviations[name.lowercased()]
    }

    /// Of an abbreviation that has meant different offsets: what it meant in its zone at each time.
    static func rules(ofAbbreviation name: String) -> TimeZoneRules? {
        guard name.utf8.count <= 6, let zone = zones[name.lowercased()], let rules = try? TimeZoneDatabase.system.rules(for: zone) else { return nil }
        return rules.meaning(ofAbbreviation: name.uppercased())
    }

    /// All abbreviations, in order, as they stand at an instant: seconds east of Greenwich, and whether clocks are put forward by it.
    package static func shown(atUTCSeconds instant: Int64) -> [(name: String, secondsEast: Int, isOfSummer: Bool)] {
        let fixed = abbreviations.map { (name: $0.key.uppercased(), secondsEast: $0.value, isOfSummer: ofSummers.contains($0.key)) }
        let following = zones.keys.compactMap { name -> (name: String, secondsEast: Int, isOfSummer: Bool)? in
            guard let rules = rules(ofAbbreviation: name) else { return nil }
            // Where tzdata knows the name no longer its zone's own time is meant, which half a year from now is not put forward.
            let offset = rules.offset(atUTCSeconds: instant)
            return (name.uppercased(), offset, offset > rules.offset(atUTCSeconds: instant.addingSaturating(halfYear)))
        }
        return (fixed + following).sorted { $0.name < $1.name }
    }

    /// In seconds.
    private static let halfYear: Int64 = 182 * 86_400

    /// Those that mean one offset in PostgreSQL's default set.
    private static let abbreviations: [String: Int] = {
        var found: [String: Int] = [:]
        for (hours, names) in table {
            for name in names.split(separator: " ") { found[String(name)] = Int((hours * 3_600).rounded()) }
        }
        return found
    }()

    private static let table: [(hours: Double, names: String)] = [
        (-10, "hst taht"),
        (-9.5, "mart"),
        (-9, "akst gamt"),
        (-8, "akdt pst"),
        (-7, "mst pdt"),
        (-6, "cst galt mdt"),
        (-5, "act cdt cot est pet"),
        (-4, "amt ast bot edt"),
        (-3.5, "nft nst"),
        (-3, "adt bra brt clst gft pmst pyst uyt wgt"),
        (-2.5, "ndt"),
        (-2, "brst fnt pmdt uyst wgst"),
        (-1, "azot egt fnst"),
        (0, "azost egst gmt uct ut utc wet z zulu"),
        (1, "bst cet met mez wat wetdst"),
        (2, "bdst cest cetdst eet ist mest mesz metdst sast"),
        (3, "eat eest eetdst fet idt"),
        (3.5, "irt"),
        (4, "msd mut ret sct"),
        (4.5, "aft"),
        (5, "must mvt pkt tft tjt uzt"),
        (5.75, "npt"),
        (6, "almt bdt btt kgst pkst uzst xjt yekst"),
        (6.5, "mmt"),
        (7, "almst cxt ict wast"),
        (8, "awst bnt bort cct hkt myt pht wadt"),
        (8.75, "acwst"),
        (9, "awsst jayt jst kst pwt ulast wdt"),
        (9.5, "acst cast"),
        (10, "aest chut ddut kdt ligt mpt pgt trut yapt"),
        (10.5, "acdt acsst cadt lhst sadt"),
        (11, "aedt aesst pont vut"),
        (12, "fjt gilt mht nzst nzt tvt wakt wft"),
        (12.75, "chast"),
        (13, "fjst nzdt tot"),
        (13.75, "chadt"),
    ]

    /// Those that are of summers already, and so no zones to say DST behind.
    static let ofSummers = Set("""
        acdt acsst adt aedt aesst akdt almst awsst azost bdst brst bst cadt cdt cest cetdst chadt clst edt eest eetdst egst fjst
        fnst idt kdt kgst mdt mest mesz metdst msd must ndt nzdt pdt pkst pmdt pyst sadt ulast uyst uzst wadt wdt wetdst wgst
        yekst
        """.split { $0 == " " || $0 == "\n" }.map(String.init))

    /// Those of PostgreSQL's default set that follow a zone's history.
    private static let zones: [String: String] = {
        var found: [String: String] = [:]
        for (zone, names) in followers { for name in names.split(separator: " ") { found[String(name)] = zone } }
        return found
    }()

    private static let followers: [(zone: String, names: String)] = [
        ("America/Argentina/Buenos_Aires", "arst art"),
        ("America/Asuncion", "pyt"),
        ("America/Caracas", "vet"),
        ("America/Guyana", "gyt"),
        ("America/Santiago", "clt"),
        ("Antarctica/Davis", "davt"),
        ("Antarctica/Mawson", "mawt"),
        ("Asia/Anadyr", "anast anat"),
        ("Asia/Ashgabat", "tmt"),
        ("Asia/Baku", "azst azt"),
        ("Asia/Bishkek", "kgt"),
        ("Asia/Colombo", "lkt"),
        ("Asia/Irkutsk", "irkst irkt"),
        ("Asia/Kamchatka", "petst pett"),
        ("Asia/Krasnoyarsk", "krast krat"),
        ("Asia/Magadan", "magst magt"),
        ("Asia/Novosibirsk", "novst novt"),
        ("Asia/Omsk", "omsst omst"),
        ("Asia/Singapore", "sgt"),
        ("Asia/Tbilisi", "gest get"),
        ("Asia/Ulaanbaatar", "ulat"),
        ("Asia/Vladivostok", "vlast vlat"),
        ("Asia/Yakutsk", "yakst yakt"),
        ("Asia/Yekaterinburg", "yekt"),
        ("Asia/Yerevan", "amst"),
        ("Atlantic/Stanley", "fkst fkt"),
        ("Australia/Lord_Howe", "lhdt"),
        ("Europe/Moscow", "msk"),
        ("Europe/Volgograd", "volt"),
        ("Indian/Chagos", "iot"),
        ("Pacific/Easter", "easst east"),
        ("Pacific/Fakaofo", "tkt"),
        ("Pacific/Kiritimati", "lint"),
        ("Pacific/Kosrae", "kost"),
        ("Pacific/Niue", "nut"),
        ("Pacific/Rarotonga", "ckt"),
    ]
}
