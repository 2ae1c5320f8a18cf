/// Commands of psql that the prompt does not have, since what they are about is not there, or stands elsewhere: why, in a line.
enum AbsentCommands {
    /// - Parameter name: with its backslash; nil for what psql has none of, either.
    static func reason(_ name: String) -> String? {
        if let reason = reasons[name] { return "\(name): \(reason)" }
        // `\dxS+` is as `\dx`.
        let bare = name.hasPrefix("\\d") ? name.filter { $0 != "S" && $0 != "+" } : name
        return reasons[bare].map { "\(name): \($0)" }
    }

    private static let builtIn = "types, casts, operators and functions are the program's own, and nobody makes others; \\df lists the functions"
    private static let readOnly = "nothing of that kind is here: documents come in over the API, and SQL reads them"
    private static let oneDatabase = "there is one database, and contracts in the place of roles: \\l and \\du list them"

    private static let reasons: [String: String] = [
        "\\c": "another store is asked by another till sql, with its --data or --url", "\\connect": "another store is asked by another till sql, with its --data or --url",
        "\\copyright": "the file LICENSE has the terms", "\\password": "there are keys and no passwords: till key create makes one",
        "\\setenv": "variables of the environment are set before till sql starts; \\getenv reads one",
        "\\restrict": "nothing here runs what a dump has: scripts are read as they stand", "\\unrestrict": "nothing here runs what a dump has: scripts are read as they stand",
        "\\ef": builtIn, "\\sf": builtIn, "\\sf+": builtIn, "\\ev": "a view is shown by \\sv, and put by till view put", "\\dT": builtIn, "\\dC": builtIn, "\\do": builtIn, "\\dD": builtIn,
        "\\dO": builtIn, "\\dc": builtIn, "\\dAc": builtIn, "\\dAf": builtIn, "\\dAo": builtIn, "\\dAp": builtIn, "\\dL": builtIn,
        "\\dp": "what a contract sees goes by its access and scope, and no table has rights of its own: \\du lists contracts",
        "\\z": "what a contract sees goes by its access and scope, and no table has rights of its own: \\du lists contracts", "\\ddp": oneDatabase, "\\drds": oneDatabase,
        "\\dconfig": "settings are the server's: its file and environment have them", "\\dd": "\\d+ and \\dt+ tell what is said of tables and columns",
        "\\ds": readOnly, "\\dm": "kept sums are rollups: till rollup list", "\\dE": readOnly, "\\des": readOnly, "\\det": readOnly, "\\deu": readOnly, "\\dew": readOnly, "\\dP": readOnly,
        "\\dA": readOnly, "\\db": readOnly, "\\dF": readOnly, "\\dFd": readOnly, "\\dFp": readOnly, "\\dFt": readOnly, "\\dl": readOnly, "\\dRp": readOnly, "\\dRs": readOnly, "\\dx": readOnly,
        "\\dX": readOnly, "\\dy": readOnly, "\\lo_export": readOnly, "\\lo_import": readOnly, "\\lo_list": readOnly, "\\lo_unlink": readOnly,
    ]
}
