package import Cluster

/// Some nodes, a network, disks and a bucket, all of which fail as one seed says; then all is mended, and what was promised must be there.
package struct Simulation {
    package struct Report {
        package var violation: String?
        package var acknowledged = 0
        package var epochs = 0
        package var reads = 0
        /// That took the place of a log.
        package var checkpoints = 0
        /// Messages with a log's epochs of which some were forgotten.
        package var forgotten = 0
        /// Of those: of which the other could not know how much of them it has.
        package var unsure = 0
        /// Machines of the version before that could not follow for that.
        package var diverged = 0
        /// Objects that were lost, and made anew by a leader.
        package var vanished = 0
        package var founded = 0
        /// Pairs that lost their standby for a moment while the bucket gave no answer, and went on before it did.
        package var outages = 0
        package var events = 0
        package var endedAt = 0

        package init() {}
    }

    let rules: Rules
    /// As few as can be, so that some are forgotten in each world; all where the world is made for a rule alone.
    let epochsKept: Int
    var chance: Chance
    /// Of checkpoints and lost disks, apart from the others: the worlds without them stay what they are.
    var losses: Chance
    /// Of disks of another cluster, for the same reason.
    var strangers: Chance
    /// Of slots that the bucket loses.
    var holes: Chance
    /// Of objects that are lost.
    var vanishings: Chance
    /// Of machines that go back to the version before.
    var returns: Chance
    /// Of pairs that are torn apart again and again.
    var flaps: Chance
    /// Of what a host knows of swaps while the bucket is down, and of that after all was mended.
    var outages: Chance
    let hasOutage: Bool
    var weather: Weather
    var agenda = Agenda()
    var time = 0
    var machines: [Machine] = []
    /// Theirs, in the same order: to look one up copies no machine.
    var names: [String] = []
    var bucket = SimulatedBucket()
    var checker = Checker()
    var report = Report()
    var isMended = false
    var bucketDownUntil = 0
    /// It has lost a slot: that is the one loss, and no disk is taken from then on.
    var hasHole = false
    /// Until when nothing goes from one to another.
    var blocked: [[Int]]
    var hint = 0
    var lastIdentity: UInt64 = 0
    var reads: [Int: Int] = [:]
    var lastRead = 0
    /// Posted after all was mended.
    var probe: UInt64?
    /// After that, once: the bucket is down from here on, the standby stands still for a while, and by that instant a post is acknowledged all the same.
    var outageEnds: Int?
    package var trace: ((String) -> Void)?

    package init(seed: UInt64, without rule: Rules = []) {
        rules = Rules.all.subtracting(rule)
        epochsKept = rule.isEmpty ? 3 : Bounds.epochsKept
        chance = Chance(seed: seed)
        losses = Chance(seed: ~seed)
        strangers = Chance(seed: seed ^ 0x5_7EA6_0E55)
        holes = Chance(seed: seed ^ 0x51_07_10_57)
        vanishings = Chance(seed: seed ^ 0x60_4E_0B_1E_C7)
        returns = Chance(seed: seed ^ 0x8A_C4_0A_6A_1A)
        flaps = Chance(seed: seed ^ 0xF1_A9_91_46)
        outages = Chance(seed: seed ^ 0xD0_11_4A_6E)
        hasOutage = outages.happens(300) && rule.isEmpty
        weather = Weather(&chance, &losses, &strangers, &holes, &vanishings, &flaps, leaning: rule)
        blocked = Array(repeating: Array(repeating: 0, count: weather.nodeCount), count: weather.nodeCount)
        for index in 0..<weather.nodeCount {
            let machine = Machine(name: ["a", "b", "c"][index])
            machine.version = weather.versions[index]
            machine.rate = chance.number(992..<1_009)
            machine.ahead = chance.number(0..<1_000_000)
            machines.append(machine)
            names.append(machine.name)
            agenda.add(.start(index), at: chance.number(0..<300))
        }
        agenda.add(.post, at: 500)
        // A new cluster's first moments, before its object names a store.
        for _ in 0..<weather.foundingCrashes { agenda.add(.crash(strangers.number(0..<weather.nodeCount)), at: 300 + strangers.number(0..<4_000)) }
        agenda.add(.fault, at: 4_000)
        if weather.flaps { agenda.add(.flap, at: 6_000) }
        agenda.add(.mend, at: 4_000 + weather.faultsLast)
    }

    static func identity(of record: Record) -> UInt64 { record.body.reduce(0) { $0 << 8 | UInt64($1) } }

    package mutating func run() -> Report {
        while checker.violation == nil, let entry = agenda.next() {
            time = entry.time
            report.events += 1
            perform(entry.action)
            if report.endedAt > 0 { break }
        }
        report.violation = checker.violation
        report.acknowledged = checker.acknowledged.count
        report.epochs = bucket.configuration?.epoch ?? 0
        return report
    }

    private mutating func perform(_ action: Agenda.Action) {
        switch action {
        case .message(let to, let life, let from, let store, let message):
            // What it said first is heard with it, not before.
            if machines[to].pausedUntil > time { return agenda.add(action, at: machines[to].pausedUntil) }
            meet(to, life: life, from: from, store)
            deliver(.message(from: from, message), to: to, life: life)
        case .event(let to, let life, let event):
            if case .learned(let store) = event, machines[to].life == life { machines[to].disk.identify(store) }
            deliver(event, to: to, life: life)
        case .diskSynced(let index, let life):
            guard machines[index].life == life, let ticket = machines[index].disk.sync() else { return }
            deliver(.wrote(ticket: ticket, tail: machines[index].disk.tail), to: index, life: life)
        case .bucket(let request, let node, let life, let ticket):
            let wasGone = bucket.vanished != nil
            let event = bucket.apply(request, ticket: ticket)
            if wasGone, let made = bucket.configuration {
                trace?("\(time) \(made.leader) has made the object anew, of epoch \(made.epoch)")
                report.founded += 1
            }
            if ticket > 0 { agenda.add(.event(to: node, life: life, event), at: time + chance.number(2..<20)) }
        case .removeSlots(let generation): bucket.remove(below: generation)
        case .start(let index): start(index)
        case .checkpoint(let to, let life, let records): install(records, on: to, life: life)
        case .post: post()
        case .fault: fault()
        case .flap: flap()
        case .crash(let index): if !isMended { crash(index) }
        case .vanish: loseObject()
        case .person: person()
        case .bucketAway(let index, let until): if !isMended { machines[index].bucketAwayUntil = until }
        case .mend: mend()
        }
    }

    // MARK: A process and its host

    mutating func start(_ index: Int) {
        guard machines[index].node == nil else { return }
        var times = Times()
        times.keeping = 20_000
        let settings = Settings(
            name: names[index], peers: names.filter { $0 != names[index] }, hasBucket: weather.hasBucket, degrades: weather.degrades, version: machines[index].version,
            times: times, rules: rules, epochsKept: isEarlier(index) ? .max : epochsKept)
        machines[index].start(settings, keeping: epochsKept, session: chance.next() | 1, at: time)
        agenda.add(.event(to: index, life: machines[index].life, .tick), at: time + chance.number(1..<200))
    }

    /// Whether it is of the version before epochs were forgotten: it believes that it is sent all of them, and has all.
    func isEarlier(_ index: Int) -> Bool { weather.flaps && machines[index].version == 1 }

    mutating func deliver(_ event: Event, to index: Int, life: Int) {
        guard machines[index].life == life, machines[index].node != nil else { return }
        if machines[index].pausedUntil > time { return agenda.add(.event(to: index, life: life, event), at: machines[index].pausedUntil) }
        if case .tick = event {
            agenda.add(.event(to: index, life: life, .tick), at: time + 200)
            drop(index)
        }
        let now = machines[index].clock(at: time)
        let before = trace == nil ? nil : machines[index].node
        guard let effects = step(index, event, at: now) else { return }
        for effect in effects {
            perform(effect, of: index)
            if machines[index].life != life { return }
        }
        observe(index)
        if let before, let after = machines[index].node, before.role != after.role || before.configuration != after.configuration {
            trace?("\(time) \(names[index]) is \(after.role), tail \(machines[index].disk.seen.count), \(after.configuration.map { "\($0.epoch) \($0.leader) \($0.insync) \($0.mode)" } ?? "")")
        }
    }

    private mutating func step(_ index: Int, _ event: Event, at now: Int) -> [Effect]? {
        guard machines[index].node != nil else { return nil }
        // Safe: asked in the line before. A copy of a node at each event would be most of a run.
        return Node.step(&machines[index].node!, event, at: now)
    }

    private mutating func perform(_ effect: Effect, of index: Int) {
        let life = machines[index].life
        switch effect {
        case .send(let name, let message): send(message, from: index, to: name)
        case .append(let records, let ticket):
            if let record = records.first(where: { $0.level > machines[index].version }) {
                checker.fail("\(machines[index].name) of version \(machines[index].version) is given record \(record.sequence) of level \(record.level)")
            }
            write(.append(records), ticket, index)
        case .cut(let count, let ticket):
            if count < machines[index].disk.first - 1 { checker.fail("\(machines[index].name) cuts back to \(count), into its checkpoint") }
            write(.cut(count), ticket, index)
        case .promise(let epoch, let ticket): write(.promise(epoch), ticket, index)
        case .identify(let store): machines[index].disk.identify(store)
        case .fetch(let first, let count, let peer):
            let log = machines[index].disk.seen
            let records = first >= machines[index].disk.first && first <= log.count ? Array(log[(first - 1)..<min(log.count, first - 1 + count)]) : []
            agenda.add(.event(to: index, life: life, .fetched(records, peer: peer)), at: time + 3)
        case .takeCheckpoint(let peer): takeCheckpoint(index, from: peer)
        case .readConfiguration(let ticket): ask(.readConfiguration, index, ticket)
        case .swap(let expected, let next, let isConditional, let ticket): ask(.swap(expected: expected, next, isConditional: isConditional), index, ticket)
        case .readSlot(let generation, let sequence, let ticket): ask(.readSlot(generation: generation, sequence: sequence), index, ticket)
        case .putSlot(let generation, let record, let isCreation, let ticket):
            ask(.putSlot(generation: generation, record, isCreation: isCreation), index, ticket)
        case .removeSlots(let generation, let wait): agenda.add(.removeSlots(below: generation), at: time + wait)
        case .numbered(let token, let sequence):
            let id = UInt64(token)
            machines[index].queued.remove(id)
            machines[index].numbers[id] = sequence
            machines[index].waiting[sequence, default: []].append(id)
        case .commit(let through, let isDegraded): committed(index, through, isDegraded)
        case .answerRead(let token): answerRead(token, index)
        case .refuse(let token, let refusal):
            if token >= 0 { machines[index].queued.remove(UInt64(token)) } else { reads[token] = nil }
            if case .notLeader(let name?) = refusal, let leader = names.firstIndex(of: name) { hint = leader }
        case .end(let ending):
            trace?("\(time) \(machines[index].name) ends: \(ending)")
            if ending == .diverged {
                if isEarlier(index) { succeed(index) } else { checker.fail("\(machines[index].name) ends, diverged") }
            }
            let isStranger = if case .stranger = ending { true } else { false }
            if isStranger, !machines[index].disk.isStrange { checker.fail("\(machines[index].name) ends as one of another store, and has the cluster's") }
            stop(index)
            // Somebody reads why, or nobody yet.
            if isStranger, strangers.happens(500) { machines[index].disk.restore(SimulatedDisk()) }
            agenda.add(.start(index), at: time + chance.number(50..<1_500))
        }
    }

    private mutating func write(_ write: SimulatedDisk.Write, _ ticket: Int, _ index: Int) {
        if machines[index].disk.isStrange, write.changesLog { checker.fail("\(names[index]) changes records of another store") }
        machines[index].perform(write, ticket: ticket)
        agenda.add(.diskSynced(index, life: machines[index].life), at: time + 1 + chance.number(0..<weather.diskLasts))
    }

    mutating func stop(_ index: Int) {
        machines[index].stop()
        machines[index].disk.crash(&chance)
        checker.stops(index)
    }

    /// What the checker sees of a node after each event.
    private mutating func observe(_ index: Int) {
        guard let committed = machines[index].node?.committed else { return }
        if committed.sequence > machines[index].committedSeen { seeCommitted(index, through: committed) }
        guard machines[index].node?.role == .leader else { return checker.stops(index) }
        checker.leads(index, name: names[index], epoch: machines[index].node?.configuration?.epoch ?? 0, object: bucket.configuration, at: time)
    }

    private mutating func seeCommitted(_ index: Int, through mark: Mark) {
        let log = machines[index].disk.seen
        guard mark.sequence <= log.count else { return checker.fail("\(names[index]) commits record \(mark.sequence), which it does not have") }
        for record in log[machines[index].committedSeen..<mark.sequence] { checker.commits(record.mark, by: machines[index].name) }
        machines[index].committedSeen = mark.sequence
        learn(index)
    }

    /// The host looks after the store that its records make, now and then.
    private mutating func learn(_ index: Int) {
        guard machines[index].disk.store == nil, !machines[index].isLearning, let own = SimulatedDisk.own else { return }
        guard machines[index].disk.seen[..<machines[index].committedSeen].contains(where: { $0.kind == .rows }) else { return }
        machines[index].isLearning = true
        agenda.add(.event(to: index, life: machines[index].life, .learned(own)), at: time + 1 + strangers.number(0..<2_000))
    }

    /// What a process says first, before its first message and again where it has become another.
    private mutating func meet(_ index: Int, life: Int, from name: String, _ store: StoreIdentity?) {
        guard machines[index].life == life, machines[index].node != nil, machines[index].met[name] != .some(store) else { return }
        machines[index].met[name] = .some(store)
        deliver(.met(name, store, namesStores: true), to: index, life: life)
    }

    private mutating func committed(_ index: Int, _ mark: Mark, _ isDegraded: Bool) {
        seeCommitted(index, through: mark)
        hint = index
        guard !machines[index].waiting.isEmpty else { return }
        for sequence in machines[index].waiting.keys.sorted() where sequence <= mark.sequence {
            for id in machines[index].waiting.removeValue(forKey: sequence) ?? [] { acknowledge(id, sequence, index, isDegraded) }
        }
    }

    private mutating func acknowledge(_ id: UInt64, _ sequence: Int, _ index: Int, _ isDegraded: Bool) {
        let log = machines[index].disk.seen
        guard sequence <= log.count else { return checker.fail("\(machines[index].name) acknowledges record \(sequence), which it does not have") }
        let record = log[sequence - 1]
        var copies = 0
        for other in machines.indices where machines[other].disk.has(record.mark) { copies += 1 }
        if let count = bucket.hashes[record.hash], count > 0 { copies += 1 }
        if checker.lost.contains(record.hash) { copies += 1 }
        checker.acknowledges(
            id, record, by: machines[index].name, epoch: machines[index].node?.configuration?.epoch ?? 0, copies: copies, isDegraded: isDegraded)
    }

    // MARK: Checkpoints

    /// A host's checkpoint has come further, and what it covers goes.
    private mutating func drop(_ index: Int) {
        guard let limit = machines[index].node?.checkpointLimit.sequence, losses.happens(weather.drops) else { return }
        let through = min(limit, machines[index].disk.log.count) - losses.number(0..<30)
        guard through >= machines[index].disk.first else { return }
        machines[index].disk.drop(through: through)
        let life = machines[index].life
        for effect in step(index, .dropped(through: through), at: machines[index].clock(at: time)) ?? [] where machines[index].life == life { perform(effect, of: index) }
    }

    /// It is as of now, and there a while later, whatever has become of whoever sent it.
    private mutating func takeCheckpoint(_ index: Int, from name: String) {
        guard !machines[index].isTaking, let peer = names.firstIndex(of: name), machines[peer].node?.role == .leader, blocked[peer][index] <= time else { return }
        machines[index].isTaking = true
        agenda.add(.checkpoint(to: index, life: machines[index].life, machines[peer].disk.checkpoint), at: time + losses.one(of: [5, 50, 500, 6_000]))
    }

    private mutating func install(_ records: [Record], on index: Int, life: Int) {
        guard machines[index].life == life, let node = machines[index].node else { return }
        if machines[index].pausedUntil > time { return agenda.add(.checkpoint(to: index, life: life, records), at: machines[index].pausedUntil) }
        machines[index].isTaking = false
        guard node.mayRestart, records.count > node.top.sequence else { return }
        trace?("\(time) \(names[index]) takes a checkpoint of \(records.count) records, from \(machines[index].disk.log.count)")
        report.checkpoints += 1
        machines[index].install(records, keeping: epochsKept, session: losses.next() | 1, at: time)
    }

    // MARK: Clients

    private mutating func post() {
        if !isMended || probe == nil || !checker.acknowledged.contains(probe ?? 0) {
            agenda.add(.post, at: time + 1 + chance.number(0..<(isMended ? 400 : 2 * weather.postEvery)))
        }
        let index = chance.happens(750) ? hint : chance.number(0..<machines.count)
        var id = lastIdentity + 1
        if lastIdentity > 0, chance.happens(300) { id = max(1, lastIdentity - UInt64(chance.number(0..<20)).clamped(to: lastIdentity)) }
        if id > lastIdentity { lastIdentity = id }
        if isMended, probe == nil { (probe, id, lastIdentity) = (lastIdentity + 1, lastIdentity + 1, lastIdentity + 1) }
        if isMended, let probe { id = probe }
        checker.sent.insert(id)
        if chance.happens(300) {
            lastRead -= 1
            reads[lastRead] = checker.farthest
            deliver(.read(token: lastRead), to: index, life: machines[index].life)
        }
        submit(id, to: index)
    }

    private mutating func submit(_ id: UInt64, to index: Int) {
        guard let role = machines[index].node?.role, let committed = machines[index].node?.committed, machines[index].pausedUntil <= time else {
            hint = chance.number(0..<machines.count)
            return
        }
        if role == .leader, let sequence = machines[index].numbers[id] {
            // A repeat: answered at once if the first is committed, else with it.
            if sequence <= committed.sequence {
                acknowledge(id, sequence, index, weather.degrades)
            } else {
                machines[index].waiting[sequence, default: []].append(id)
            }
            return
        }
        guard machines[index].queued.insert(id).inserted else { return }
        let body = (0..<8).map { UInt8(truncatingIfNeeded: id >> UInt64(56 - 8 * $0)) }
        deliver(.submit(Submission(token: Int(id), level: chance.happens(100) ? 2 : 1, body: body)), to: index, life: machines[index].life)
    }

    private mutating func answerRead(_ token: Int, _ index: Int) {
        guard let farthest = reads.removeValue(forKey: token), let committed = machines[index].node?.committed else { return }
        report.reads += 1
        if !weather.leaps, committed.sequence < farthest {
            checker.fail("\(machines[index].name) answers a read up to record \(committed.sequence), and \(farthest) was acknowledged before")
        }
        // Whatever is on the leader's disk is seen.
        let log = machines[index].disk.log
        for record in log[min(log.count, machines[index].shown)...] { checker.commits(record.mark, by: machines[index].name) }
        machines[index].shown = log.count
    }
}

extension UInt64 {
    fileprivate func clamped(to limit: UInt64) -> UInt64 { Swift.min(self, limit) }
}
