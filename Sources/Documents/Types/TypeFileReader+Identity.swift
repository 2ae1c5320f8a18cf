/// Identity and time.
extension TypeFileReader {
    /// `receipt_id` is of the identity, and of a ledger's the business day too: the day of `issued_at` unless `business_day` says another. The others are
    /// beside it.
    mutating func readIdentity() {
        func member(_ name: String) -> Int? { tape.member(name, of: 0).flatMap { isNull($0) ? nil : $0 } }
        if let node = member("receipt_id") { file.receiptID = alternatives(node, isTime: false) } else { fail(missing: "receipt_id", of: 0) }
        if let node = member("issued_at") {
            file.issuedAt = alternatives(node, isTime: true)
        } else if file.tableKind.dayIsOfIdentity {
            // A repeat must bring the day with it.
            fail(missing: "issued_at", of: 0)
        }
        if let node = member("business_day") { file.businessDay = alternatives(node, isTime: true) }
        if let node = member("client_id") { file.clientID = alternatives(node, isTime: false) }
        if let node = member("callback_url") { file.callbackURL = alternatives(node, isTime: false) }
    }

    /// A path, a list of parts, an object of one part, or `{"from": [any of these]}`.
    private mutating func alternatives(_ node: Int, isTime: Bool) -> [TypeFile.Parts] {
        if tape[node].kind == .object, let from = tape.member("from", of: node) {
            guard checkObject(node, known: ["from", "optional"]) else { return [] }
            if let optional = tape.member("optional", of: node) {
                file.idleMembers.append(
                    .init(pointer: tape.pointer(to: optional), code: "invalid-value", message: "optional says nothing beside from: it stands with a path, as one of several parts"))
            }
            guard tape[from].kind == .array, tape[from].childCount > 0 else {
                fail(from, "from is a list of ways to it", code: "wrong-type")
                return []
            }
            return tape.children(of: from).flatMap { alternatives($0, isTime: isTime) }
        }
        if tape[node].kind == .array {
            // Parts are put together: an id of a shop's number and the till's, a time of a date and a time of day.
            let parts = tape.children(of: node).compactMap { part($0, isTime: isTime) }
            if parts.isEmpty { fail(node, "an empty list of parts") }
            if isTime, parts.count > 2 { fail(node, "a time has a date and a time of day, no third part") }
            if parts.allSatisfy(\.isOptional), !isTime || parts.count > 1 { fail(node, "one part at least must not be optional") }
            return [TypeFile.Parts(parts: parts)]
        }
        return part(node, isTime: isTime).map { [TypeFile.Parts(parts: [$0])] } ?? []
    }

    /// One part of an id or time: a path, or an object with a path.
    private mutating func part(_ node: Int, isTime: Bool) -> TypeFile.Part? {
        let pointer = tape.pointer(to: node)
        if tape[node].kind == .string {
            return path(node).map { TypeFile.Part(lookup: [TypeFile.Lookup(path: $0)], pointer: pointer) }
        }
        guard checkObject(node, known: isTime ? ["path", "from_root", "where", "value", "optional", "format"] : ["path", "from_root", "where", "value", "optional"])
        else { return nil }
        guard let lookup = lookup(node) else { return nil }
        noteIdleTests(of: [lookup])
        var part = TypeFile.Part(lookup: [lookup], pointer: pointer)
        if let optional = tape.member("optional", of: node) { part.isOptional = boolean(optional) ?? false }
        if let format = tape.member("format", of: node) { part.format = timeFormat(format) }
        return part
    }

    mutating func timeFormat(_ node: Int) -> TimeFormat? {
        guard let text = string(node) else { return nil }
        do {
            return try TimeFormat(text)
        } catch {
            fail(node, error.message)
            return nil
        }
    }

    /// `path`, `from_root`, `where` and `value` of an object.
    mutating func lookup(_ node: Int) -> TypeFile.Lookup? {
        guard let pathNode = tape.member("path", of: node) else {
            fail(missing: "path", of: node)
            return nil
        }
        guard var path = path(pathNode) else { return nil }
        if let fromRoot = tape.member("from_root", of: node) { path.isFromRoot = boolean(fromRoot) ?? false }
        var lookup = TypeFile.Lookup(path: path)
        if let filter = tape.member("where", of: node) { lookup.tests = tests(filter, isMatch: false) }
        if let value = tape.member("value", of: node) { lookup.value = self.path(value) }
        return lookup
    }

    /// The zone of local times, and between which instants a document may be issued: null for no bound.
    mutating func readTimes() {
        if let node = tape.member("time_zone", of: 0), !isNull(node) { readZone(node) }
        if let node = tape.member("accept_from", of: 0) { file.acceptFrom = isNull(node) ? Int64.min : instant(node) }
        if let node = tape.member("accept_to", of: 0) { file.acceptTo = isNull(node) ? Int64.max : instant(node) }
    }

    /// A zone's name, or where in the document it stands.
    private mutating func readZone(_ node: Int) {
        if tape[node].kind == .string {
            file.timeZone = TypeFile.Zone(fixed: zoneName(node))
            return
        }
        guard checkObject(node, known: ["path", "from_root", "map", "default"]) else { return }
        var zone = TypeFile.Zone()
        guard let pathNode = tape.member("path", of: node) else { return fail(missing: "path", of: node) }
        zone.path = path(pathNode)
        if let fromRoot = tape.member("from_root", of: node) { zone.path?.isFromRoot = boolean(fromRoot) ?? false }
        if let map = tape.member("map", of: node) {
            if tape[map].kind == .object {
                zone.map = tape.children(of: map).compactMap { child in zoneName(child).map { (tape.name(of: child), $0) } }
            } else {
                fail(map, "must be an object of values and zones", code: "wrong-type")
            }
        }
        if let fallback = tape.member("default", of: node) { zone.fallback = zoneName(fallback) }
        file.timeZone = zone
    }

    /// A zone that this machine's database has.
    private mutating func zoneName(_ node: Int) -> String? {
        guard let name = string(node) else { return nil }
        if ZoneRules.named(name) == nil { fail(node, "no such time zone; names are as Europe/Kyiv") }
        return name
    }

    /// A date (its midnight UTC) or an instant with offset.
    private mutating func instant(_ node: Int) -> Int64? {
        guard let text = string(node) else { return nil }
        let parts = Array(text.utf8).withUnsafeBufferPointer { TimeText.iso($0.baseAddress ?? ScalarText.noBytes, $0.count) }
        guard let parts, let day = parts.day, parts.timeOfDay == nil || parts.offset != nil else {
            fail(node, "must be a date or a time with offset")
            return nil
        }
        return Int64(day) * CivilDate.microsecondsPerDay + (parts.timeOfDay ?? 0) - Int64(parts.offset ?? 0) * 1_000_000
    }
}
