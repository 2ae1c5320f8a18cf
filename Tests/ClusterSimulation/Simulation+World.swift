import Cluster

/// What goes wrong between the nodes, and with them.
extension Simulation {
    mutating func send(_ message: Message, from: Int, to name: String) {
        guard let to = names.firstIndex(of: name), machines[to].node != nil else { return }
        if case .lead(let lead) = message, let spans = lead.resume?.history.spans, spans.count > 1, case let log = machines[from].disk.seen, spans[1].first <= log.count,
            log[spans[1].first - 1].epoch != spans[1].epoch {
            report.forgotten += 1
            if let theirs = lead.resume?.history, History.common(machines[to].disk.image(keeping: epochsKept).history, theirs, keeping: epochsKept).count > 1 { report.unsure += 1 }
        }
        guard blocked[from][to] <= time else { return }
        if !isMended, chance.happens(weather.loss) { return }
        let count = !isMended && chance.happens(weather.doubling) ? 2 : 1
        for _ in 0..<count {
            var delay = 1 + chance.number(0..<6)
            if !isMended, chance.happens(weather.lateness) { delay = chance.one(of: [100, 700, 2_500, 9_000]) + chance.number(0..<500) }
            agenda.add(.message(to: to, life: machines[to].life, from: machines[from].name, machines[from].greeting, message), at: time + delay)
        }
    }

    /// A request to the bucket, with all that may come of it.
    mutating func ask(_ request: SimulatedBucket.Request, _ index: Int, _ ticket: Int) {
        let life = machines[index].life
        let arrival = time + chance.number(2..<20)
        let timeOut = time + chance.number(400..<1_000)
        let isAway = machines[index].bucketAwayUntil > time
        if isAway || bucketDownUntil > time {
            let isApplied = isAway && chance.happens(200)
            if isApplied { agenda.add(.bucket(request, node: index, life: life, ticket: 0), at: arrival) }
            // A host reads the object before it swaps it, and mostly comes no further: then it knows that nothing was sent.
            let isUnsent = if case .swap = request { !isApplied && rules == .all && (isMended || outages.happens(700)) } else { false }
            agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, isUnsent ? .again : .unknown, ticket: ticket)), at: timeOut)
            return
        }
        guard !isMended, chance.happens(weather.bucketFaults) else { return agenda.add(.bucket(request, node: index, life: life, ticket: ticket), at: arrival) }
        switch chance.number(0..<6) {
        case 0: agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, .again, ticket: ticket)), at: arrival + 5)
        case 1: agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, .unknown, ticket: ticket)), at: arrival + 5)
        case 2: agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, .unknown, ticket: ticket)), at: timeOut)
        case 3:
            // Applied, and nobody hears of it.
            agenda.add(.bucket(request, node: index, life: life, ticket: 0), at: arrival)
            agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, .unknown, ticket: ticket)), at: timeOut)
        case 4:
            // Applied long after whoever asked has given up.
            agenda.add(.bucket(request, node: index, life: life, ticket: 0), at: time + chance.one(of: [1_500, 4_000, 12_000, 25_000]))
            agenda.add(.event(to: index, life: life, SimulatedBucket.failure(of: request, .unknown, ticket: ticket)), at: timeOut)
        default:
            // Sent twice on its way: the second answer is what is heard.
            agenda.add(.bucket(request, node: index, life: life, ticket: 0), at: arrival)
            agenda.add(.bucket(request, node: index, life: life, ticket: ticket), at: arrival + chance.number(1..<300))
        }
    }

    /// The pair loses its standby for a moment, or its leader: each makes an epoch. And a machine goes away for so long that it has no part in many of them.
    mutating func flap() {
        guard !isMended else { return }
        agenda.add(.flap, at: time + flaps.number(1_500..<4_500))
        if flaps.happens(150) {
            let (index, until) = (flaps.number(0..<machines.count), time + flaps.one(of: [12_000, 30_000, 60_000]))
            trace?("\(time) \(names[index]) is away until \(until)")
            for other in machines.indices where other != index { (blocked[index][other], blocked[other][index]) = (until, until) }
            machines[index].bucketAwayUntil = until
        }
        guard let object = bucket.configuration, let leader = names.firstIndex(of: object.leader) else { return }
        let standby = object.insync.compactMap { names.firstIndex(of: $0) }.first { $0 != leader }
        trace?("\(time) the pair flaps")
        switch flaps.number(0..<4) {
        case 0: crash(leader)
        case 1: if let standby { crash(standby) }
        default:
            guard let standby else { return }
            let until = time + 1_050 + flaps.number(0..<600)
            (blocked[leader][standby], blocked[standby][leader]) = (max(until, blocked[leader][standby]), max(until, blocked[standby][leader]))
        }
    }

    /// One of the version before was away for more epochs than are kept, and ends: it is started as this version, or with an empty disk.
    mutating func succeed(_ index: Int) {
        report.diverged += 1
        trace?("\(time) \(names[index]) of the version before was away for too long")
        machines[index].version = 2
    }

    mutating func fault() {
        guard !isMended else { return }
        agenda.add(.fault, at: time + chance.number(weather.faultEvery / 2..<weather.faultEvery * 3 / 2))
        let index = chance.number(0..<machines.count)
        let kind = chance.one(of: weather.kinds)
        trace?("\(time) \(kind) \(machines[index].name)")
        switch kind {
        case .crash: crash(index)
        case .crashAll: for index in machines.indices { crash(index) }
        case .pause:
            machines[index].pausedUntil = time + chance.one(of: [300, 1_500, 5_000, 16_000]) + chance.number(0..<500)
            machines[index].wokenAt = machines[index].pausedUntil
        case .partition, .oneWay:
            let until = time + chance.one(of: [400, 1_500, 5_000, 15_000]) + chance.number(0..<500)
            for other in machines.indices where other != index {
                blocked[index][other] = until
                if kind == .partition { blocked[other][index] = until }
            }
        case .bucketDown: bucketDownUntil = time + chance.one(of: [300, 2_000, 6_000, 14_000])
        case .bucketAway: machines[index].bucketAwayUntil = time + chance.one(of: [300, 2_000, 6_000, 16_000])
        case .isolate:
            // From everybody, or first from the others and a while later from the bucket too, which comes back first.
            let until = time + chance.one(of: [4_500, 15_000])
            for other in machines.indices where other != index { (blocked[index][other], blocked[other][index]) = (until, until) }
            let start = time + chance.one(of: [0, 2_000, 3_000])
            agenda.add(.bucketAway(index, until: start + chance.one(of: [4_000, 6_000, 20_000])), at: start)
        case .upheaval:
            // Away from all for as long as it takes to be replaced; who replaced it falls, and comes back as the links do.
            let until = time + 4_500
            for other in machines.indices where other != index {
                (blocked[index][other], blocked[other][index]) = (until, until)
                agenda.add(.crash(other), at: time + 3_200 + chance.number(0..<1_200))
            }
            machines[index].bucketAwayUntil = time + 9_000
        case .leap: machines[index].ahead += chance.one(of: [50, 900, 4_000, 20_000])
        case .command: command()
        case .old: machines[index].image = machines[index].disk
        }
        if holes.happens(weather.holes) { loseSlot() }
        // At once, or about when a machine that was cut off has been replaced.
        if vanishings.happens(weather.vanishes) { agenda.add(.vanish, at: time + vanishings.one(of: [0, 1_500, 4_600, 5_400])) }
    }

    /// The bucket loses the object, as its own loss: no disk is taken while it is gone. What is under way to make one must have come to its end: of an object that was lost twice the first could come back.
    mutating func loseObject() {
        guard !isMended, bucket.configuration != nil, agenda.swaps.allSatisfy({ $0.expected != nil }), machines.allSatisfy({ !$0.disk.isStrange && $0.disk.store != nil }) else { return }
        trace?("\(time) the bucket loses the object")
        report.vanished += 1
        bucket.loseObject()
        agenda.add(.person, at: time + 300 + vanishings.number(0..<2_000))
    }

    /// Asks all to make it anew, or puts a copy back, until there is one.
    mutating func person() {
        guard bucket.configuration == nil, !isMended else { return }
        agenda.add(.person, at: time + 300 + vanishings.number(0..<2_000))
        if vanishings.happens(50) {
            trace?("\(time) the object is put back")
            return bucket.putBack()
        }
        for index in machines.indices { deliver(.command(.found), to: index, life: machines[index].life) }
    }

    /// The bucket loses a slot that counts, while a machine has everything. Not the last one: that it was ever there nobody else can tell. Nor one that a leader who was overtaken may
    /// fill again, who does not know of it for up to ten seconds: what stands there tells him.
    private mutating func loseSlot() {
        guard let object = bucket.configuration, object.mode == .log, let generation = object.log?.generation, !checker.log.isEmpty else { return }
        guard machines.filter({ $0.node?.role == .leader }).count <= 1 else { return }
        let underWay = agenda.slots
        let numbers = bucket.sequences(of: generation).dropLast().filter { checker.log[$0] != nil && !underWay.contains($0) }
        guard !numbers.isEmpty, machines.contains(where: { machine in
            !object.removed.contains(machine.name) && checker.log.allSatisfy { $0.key <= machine.disk.log.count && machine.disk.log[$0.key - 1].hash == $0.value }
        }) else { return }
        let number = holes.one(of: numbers)
        trace?("\(time) the bucket loses slot \(number), of \(numbers.count)")
        hasHole = true
        // It was there when it counted.
        if let hash = checker.log[number] { checker.lost.insert(hash) }
        bucket.lose(generation, number)
    }

    mutating func crash(_ index: Int) {
        guard machines[index].node != nil else { return }
        stop(index)
        machines[index].pausedUntil = 0
        if let image = machines[index].image, chance.happens(weather.old), mayRestore(index, image) {
            trace?("\(time) \(machines[index].name) gets its disk back as of record \(image.log.count), from \(machines[index].disk.log.count)")
            for record in machines[index].disk.log { checker.lost.insert(record.hash) }
            machines[index].disk.restore(image)
        }
        if losses.happens(weather.emptied), mayRestore(index, SimulatedDisk()) {
            trace?("\(time) \(machines[index].name) loses its disk, which had \(machines[index].disk.log.count) records")
            for record in machines[index].disk.log { checker.lost.insert(record.hash) }
            machines[index].disk.restore(SimulatedDisk())
        }
        // Before the object names a store there is nothing to hold a disk against.
        if strangers.happens(weather.strange), bucket.configuration?.store != nil || !rules.contains(.identity), mayRestore(index, SimulatedDisk()) {
            trace?("\(time) \(machines[index].name) gets a disk of another cluster")
            for record in machines[index].disk.log { checker.lost.insert(record.hash) }
            machines[index].disk.restore(.strange(&strangers))
        }
        if machines[index].version == 1, chance.happens(300) {
            machines[index].version = 2
        } else if machines[index].version == 2, returns.happens(weather.returns), bucket.configuration?.level == 1 {
            trace?("\(time) \(machines[index].name) goes back to the version before")
            machines[index].version = 1
        }
        agenda.add(.start(index), at: time + chance.one(of: [50, 600, 2_500, 8_000]) + chance.number(0..<400))
    }

    /// A disk may be lost while another has everything: more than one loss is more than was promised.
    ///
    /// It must be so by the object as it is, and as it will be once a swap that is under way is applied: a leader that lets a machine in has asked for mode pair, and what
    /// was acknowledged is on those two disks alone from then on. The slots that have it too are not looked at any more, rightly: the disks reach further than they do.
    private func mayRestore(_ index: Int, _ image: SimulatedDisk) -> Bool {
        guard let object = bucket.configuration, !weather.degrades, !hasHole else { return false }
        let coming = agenda.swaps.filter { $0.expected == object.nonce }.map(\.next)
        return ([object] + coming).allSatisfy { isSafe(without: index, under: $0) }
    }

    /// Under that object another machine has everything, or what is before the slots.
    private func isSafe(without index: Int, under object: Configuration) -> Bool {
        machines.indices.contains { other in
            guard other != index, !object.removed.contains(machines[other].name) else { return false }
            let log = machines[other].disk.log
            if object.mode == .log, let base = object.log?.base { return machines[other].disk.has(base) }
            return object.insync.contains(machines[other].name) && checker.log.allSatisfy { $0.key <= log.count && log[$0.key - 1].hash == $0.value }
        }
    }

    private mutating func command() {
        guard let leader = machines.firstIndex(where: { $0.node?.role == .leader }) else { return }
        let name = chance.one(of: machines).name
        let command: Command = chance.one(of: [.transfer(to: name), .transfer(to: name), .remove(name), .join(name), .join(name), .raiseLevel])
        trace?("\(time) \(command)")
        deliver(.command(command), to: leader, life: machines[leader].life)
    }

    /// All is well from here on. The first time it is, the faults end; then it is asked until the cluster has come back.
    mutating func mend() {
        if !isMended {
            isMended = true
            bucketDownUntil = 0
            bucket.putBack()
            for index in machines.indices {
                (machines[index].pausedUntil, machines[index].bucketAwayUntil) = (min(time, machines[index].pausedUntil), 0)
                blocked[index] = blocked[index].map { _ in 0 }
                if machines[index].version == 1 {
                    if machines[index].node != nil { stop(index) }
                    machines[index].version = 2
                }
                if machines[index].disk.isStrange {
                    if machines[index].node != nil { stop(index) }
                    machines[index].disk.restore(SimulatedDisk())
                }
                start(index)
            }
            report.endedAt = 0
        }
        let since = time - 4_000 - weather.faultsLast
        if let outageEnds, bucketDownUntil > 0 {
            let isOver = probe.map { checker.acknowledged.contains($0) } ?? false
            guard isOver || time < outageEnds else {
                let words = describe()
                return checker.fail("no progress without the bucket: " + words)
            }
            if isOver { (bucketDownUntil, report.outages) = (0, report.outages + 1) }
            return agenda.add(.mend, at: time + 300)
        }
        if hasComeBack() {
            guard hasOutage, outageEnds == nil else { return report.endedAt = time }
            // Of what was asked for before all was mended nothing is open by then.
            if since >= 3_000, !beginOutage(), since > 60_000 { return report.endedAt = time }
            return agenda.add(.mend, at: time + 300)
        }
        guard since < (outageEnds == nil ? 90_000 : 120_000) else {
            let words = describe()
            if let trace { for machine in machines { trace("\(String(describing: machine.node))") } }
            return checker.fail("no progress: " + words)
        }
        for machine in machines {
            guard let leader = machines.firstIndex(where: { $0.node?.role == .leader }) else { break }
            if bucket.configuration?.removed.contains(machine.name) == true { deliver(.command(.join(machine.name)), to: leader, life: machines[leader].life) }
        }
        agenda.add(.mend, at: time + 300)
    }

    /// The bucket goes while all else is well, and the standby of a whole pair stands still, for longer than it is waited for and not so long that it would lead: both are there again while the bucket is not.
    ///
    /// - Returns: whether there is such a pair, and nothing of before is under way that would change the object.
    private mutating func beginOutage() -> Bool {
        guard let object = bucket.configuration, agenda.swaps.allSatisfy({ $0.expected != object.nonce }) else { return false }
        guard let standby = machines.firstIndex(where: { $0.node?.role == .standby && $0.node?.configuration?.nonce == object.nonce && object.insync.contains($0.name) }) else { return false }
        // Who stood still until a moment ago has not been heard yet, and together with what follows it is too long for who waits for it.
        guard machines.allSatisfy({ $0.wokenAt < time - 1_000 }) else { return false }
        let length = 1_300 + outages.number(0..<1_300)
        trace?("\(time) the bucket is down, and \(names[standby]) stands still for \(length) ms")
        (bucketDownUntil, outageEnds, probe) = (.max, time + length + 10_000, nil)
        machines[standby].pausedUntil = time + length
        agenda.add(.post, at: time + outages.number(0..<length))
        return true
    }

    /// A leader serves, the pair is whole, and all have one log: then its end is checked.
    private mutating func hasComeBack() -> Bool {
        guard let probe, checker.acknowledged.contains(probe), let object = bucket.configuration, object.insync.count == 2, object.removed.isEmpty else { return false }
        guard let leader = machines.firstIndex(where: { $0.name == object.leader }), let node = machines[leader].node, node.role == .leader, node.configuration == object else {
            return false
        }
        let tail = machines[leader].disk.tail
        guard node.committed == tail, machines.allSatisfy({ $0.disk.tail == tail }) else { return false }
        checker.ends(machines[leader].disk.log)
        return true
    }

    func describe() -> String {
        let object = bucket.configuration.map { "epoch \($0.epoch) leader \($0.leader) insync \($0.insync) \($0.mode) removed \($0.removed) level \($0.level)" } ?? "no object"
        let nodes = machines.map { machine in
            "\(machine.name): \(machine.node.map { "\($0.role) epoch \($0.configuration?.epoch ?? 0) committed \($0.committed.sequence)" } ?? "down") tail \(machine.disk.tail.sequence)"
        }
        return object + "; " + nodes.joined(separator: "; ")
    }
}
