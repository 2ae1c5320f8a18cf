internal import ColumnStore

/// The zone, the time of issue and the business day of a receipt.
extension Extractor {
    /// The zone of the receipt at hand. A fallback stands in for a value that is missing or that names no zone; without one times without an
    /// offset are faults.
    mutating func findZone() {
        zone = nil
        isZoneKnown = true
        switch plan.zone {
        case nil: return
        case .fixed(let rules): zone = rules
        case .mapped(let lookup, let map, let fallback):
            zone = fallback
            let node = node(lookup, from: element, slots: slots)
            guard node != Documents.none else {
                isZoneKnown = fallback != nil
                return
            }
            let whole = source.text(node)
            guard mayRead(whole) else { return }
            let text = whole.trimmed()
            let bytes = UnsafeBufferPointer(start: text.bytes, count: text.count)
            if let map {
                if let known = map.first(where: { bytes.elementsEqual($0.value) }) { zone = known.zone }
            } else if text.isPresent, let named = ZoneRules.named(text.string) {
                zone = named
            }
            isZoneKnown = zone != nil
        }
    }

    /// One alternative's parts as a single time: the date of the first that has one, the time of day and offset of the last that have.
    ///
    /// Date and time of day often stand in two places: `2024-05-01` and `14:30:00+02:00` make one time.
    private func time(
        _ alternatives: [[PartPlan]], name: String
    ) -> (parts: TimeParts, node: Int)? {
        guard let found = complete(alternatives) else {
            if !Self.mayBeMissing(alternatives) { reportMissing(alternatives, name: name) }
            return nil
        }
        var whole = TimeParts()
        for (part, node, text) in found where node != none {
            let read: TimeParts
            do throws(ValueFault) {
                read = try part.conversion.parts(text)
            } catch {
                let isDay = name == "business_day"
                let fault = isDay && error == .notATime ? ValueFault.notADate : error
                report(node, fault.rawValue, "\(name): \(told(text)) is no \(isDay ? "date" : "date or time") as the type has it")
                return nil
            }
            if whole.day == nil { whole.day = read.day }
            whole.timeOfDay = read.timeOfDay ?? whole.timeOfDay
            whole.offset = read.offset ?? whole.offset
            whole.instant = read.instant ?? whole.instant
        }
        // Faults of the whole are reported at its first part.
        let node = found.first { $0.node != Documents.none }?.node ?? element
        guard whole.instant != nil || whole.day != nil else {
            report(node, (name == "business_day" ? ValueFault.notADate : .notATime).rawValue, "\(name) has no date")
            return nil
        }
        return (whole, node)
    }

    /// The instant of issue in microseconds since 1970, and the business day. Without `issued_at` the instant is that of the reading.
    func issueTime(now: Int64) -> (instant: Int64, day: Int32)? {
        // Outside these bounds a time is taken for a mistake of the document: a clock that was never set, a year of two digits.
        let earliest = type.file.acceptFrom ?? Self.acceptFrom
        let latest = type.file.acceptTo ?? now.addingSaturating(CivilDate.microsecondsPerDay)
        if plan.issuedAt.isEmpty { return day(of: now, offset: 0, at: element, between: earliest, and: latest).map { (now, $0) } }
        guard let (parts, node) = time(plan.issuedAt, name: "issued_at") else {
            // For its faults.
            _ = plan.businessDay.isEmpty ? nil : time(plan.businessDay, name: "business_day")
            return nil
        }
        let instant: Int64
        do throws(ValueFault) {
            instant = try IssueTime.instant(of: parts, zone: zone)
        } catch {
            let message =
                switch error {
                case .noSuchLocalTime: "issued_at: daylight saving skips this time in \(zone?.name ?? "its zone")"
                case .noTimeZone:
                    isZoneKnown ? "issued_at has no offset and the type no time_zone" : "issued_at has no offset and its time_zone is not known"
                case .outOfRange: "issued_at lies outside the years 1 to 9999"
                default: "issued_at is no time"
                }
            report(node, error.rawValue, message)
            return nil
        }
        guard instant >= earliest, instant <= latest else {
            let bound = instant < earliest ? "before \(Self.shown(earliest))" : "after \(Self.shown(latest))"
            report(node, ValueFault.outOfRange.rawValue, "issued_at lies \(bound)")
            return nil
        }
        return day(of: instant, offset: parts.offset ?? 0, at: node, between: earliest, and: latest).map { (instant, $0) }
    }

    /// The business day: the document's own, if the type maps one, else that of the instant.
    ///
    /// - Parameters:
    ///   - offset: of the document's zone from UTC, in seconds, for types without one.
    ///   - earliest, latest: what issued_at may be.
    private func day(of instant: Int64, offset: Int, at node: Int, between earliest: Int64, and latest: Int64) -> Int32? {
        let day: Int32
        if let (parts, node) = plan.businessDay.isEmpty ? nil : time(plan.businessDay, name: "business_day") {
            let written: Int32
            do throws(ValueFault) {
                written = try businessDay(parts)
            } catch {
                report(node, error.rawValue, error == .outOfRange ? "business_day lies outside the years 1 to 9999" : "business_day is no date")
                return nil
            }
            // A day apart at most for zones, on both sides.
            guard Int64(written) >= Int64(CivilDate.day(ofMicroseconds: max(earliest, IssueTime.range.lowerBound))) - 1,
                Int64(written) <= Int64(CivilDate.day(ofMicroseconds: min(latest, IssueTime.range.upperBound - 1))) + 1
            else {
                report(node, ValueFault.outOfRange.rawValue, "business_day lies outside what issued_at may be")
                return nil
            }
            day = written
        } else if let zone {
            day = zone.day(ofMicroseconds: instant)
        } else {
            day = CivilDate.day(ofMicroseconds: instant + Int64(offset) * 1_000_000)
        }
        guard IssueTime.dayRange.contains(day) else {
            report(node, ValueFault.outOfRange.rawValue, "business_day lies outside the years 1 to 9999")
            return nil
        }
        return day
    }

    /// An instant is brought to its day in the type's zone, or in UTC.
    ///
    /// - Throws: `.outOfRange` for an instant outside `IssueTime.range`, which a count of seconds may be; `.notADate`.
    private func businessDay(_ parts: TimeParts) throws(ValueFault) -> Int32 {
        if let instant = parts.instant {
            guard IssueTime.range.contains(instant) else { throw .outOfRange }
            return zone?.day(ofMicroseconds: instant) ?? CivilDate.day(ofMicroseconds: instant)
        }
        guard let day = parts.day.flatMap({ Int32(exactly: $0) }) else { throw .notADate }
        return day
    }

    /// 2000-01-01.
    private static var acceptFrom: Int64 { 946_684_800_000_000 }

    private static func shown(_ instant: Int64) -> String {
        CivilDate.text(microseconds: min(max(instant, IssueTime.range.lowerBound), IssueTime.range.upperBound - 1))
    }
}
