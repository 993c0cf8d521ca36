using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>
/// A simulated disk. Every file has what the device holds, what the page cache shows, and the writes between the two; names
/// have the same. A kill leaves the cache as it is; a power loss keeps of the unsynced writes and names what chance decides,
/// sector by sector. A failed sync forgets the dirty pages and leaves the cache as it was, as Linux does: the next sync
/// succeeds and writes nothing. Thread-safe.
/// </summary>
internal sealed class FaultyFiles : IJournalFiles
{
    private const int Sector = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Inode> _cached;
    private readonly Dictionary<string, Inode> _durable;
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _syncGate = new(true);
    private readonly Random _chance;
    private long _operations;

    public FaultyFiles(int seed = 1) : this([], [], new Random(seed))
    {
    }

    private FaultyFiles(Dictionary<string, Inode> cached, Dictionary<string, Inode> durable, Random chance)
    {
        _cached = cached;
        _durable = durable;
        _chance = chance;
    }

    /// <summary>The machine stops at this operation, counted from one; nothing works after it.</summary>
    public long DiesAtOperation { get; set; } = long.MaxValue;

    /// <summary>Completes when it has stopped.</summary>
    public Task Died => _died.Task;

    public bool IsDead { get; private set; }

    /// <summary>Bytes that files may still grow by; then writes fail as on a full disk, part of them done.</summary>
    public long SpaceLeft { get; set; } = long.MaxValue;

    /// <summary>So many of the next syncs of files fail.</summary>
    public int FailingSyncs { get; set; }

    /// <summary>So many of the next creations fail.</summary>
    public int FailingCreates { get; set; }

    /// <summary>How they fail.</summary>
    public Exception CreateFailure { get; set; } = new IOException("No space left on device");

    /// <summary>Files that are open now.</summary>
    public int OpenFiles { get; private set; }

    /// <summary>So many of the next syncs of the directory fail.</summary>
    public int FailingDirectorySyncs { get; set; }

    /// <summary>Syncs of files that have begun.</summary>
    public int SyncsBegun { get; private set; }

    public long Operations
    {
        get
        {
            lock (_gate) return _operations;
        }
    }

    /// <summary>From now on syncs wait.</summary>
    public void HoldSyncs() => _syncGate.Reset();

    public void ReleaseSyncs() => _syncGate.Set();

    /// <summary>The process ends here; the machine goes on. What it wrote is in the cache, unsynced.</summary>
    public FaultyFiles Kill()
    {
        lock (_gate)
        {
            Die();
            return new(_cached, _durable, _chance);
        }
    }

    /// <summary>The machine loses power here.</summary>
    public FaultyFiles LosePower()
    {
        lock (_gate)
        {
            Die();
            var names = new Dictionary<string, Inode>();
            foreach (var name in _cached.Keys.Union(_durable.Keys).Order(StringComparer.Ordinal))
            {
                var inode = _cached.GetValueOrDefault(name) == _durable.GetValueOrDefault(name) || _chance.Next(2) == 0 ? _durable.GetValueOrDefault(name) : _cached.GetValueOrDefault(name);
                if (inode is not null) names[name] = inode.AfterPowerLoss(_chance);
            }
            return new(names, new(names), _chance);
        }
    }

    /// <summary>What the process sees of a file.</summary>
    public byte[] Content(string name)
    {
        lock (_gate) return _cached[name].Cached;
    }

    /// <summary>Every name with its content.</summary>
    public IReadOnlyDictionary<string, byte[]> Contents()
    {
        lock (_gate) return _cached.ToDictionary(pair => pair.Key, pair => pair.Value.Cached);
    }

    /// <summary>Puts a file there, on the device at once.</summary>
    public void Put(string name, byte[] content)
    {
        lock (_gate) _cached[name] = _durable[name] = new Inode { Durable = content, Cached = [.. content] };
    }

    public IReadOnlyList<string> List(string extension)
    {
        lock (_gate)
        {
            if (IsDead) throw Dead();
            return [.. _cached.Keys.Where(name => name.EndsWith(extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
    }

    public IJournalFile Create(string name)
    {
        lock (_gate)
        {
            Count();
            if (FailingCreates > 0)
            {
                FailingCreates--;
                throw CreateFailure;
            }
            if (_cached.ContainsKey(name)) throw new IOException($"{name} exists");
            var inode = _cached[name] = new Inode();
            DieIfDue();
            return new OpenFile(this, inode);
        }
    }

    public IJournalFile Open(string name)
    {
        lock (_gate)
        {
            if (IsDead) throw Dead();
            return new OpenFile(this, _cached.TryGetValue(name, out var inode) ? inode : throw new FileNotFoundException(name));
        }
    }

    public void Delete(string name)
    {
        lock (_gate)
        {
            Count();
            _cached.Remove(name);
            DieIfDue();
        }
    }

    public void Rename(string name, string newName)
    {
        lock (_gate)
        {
            Count();
            if (_cached.ContainsKey(newName)) throw new IOException($"{newName} exists");
            _cached[newName] = _cached[name];
            _cached.Remove(name);
            DieIfDue();
        }
    }

    public void SyncDirectory()
    {
        lock (_gate)
        {
            Count();
            if (FailingDirectorySyncs > 0)
            {
                FailingDirectorySyncs--;
                throw new IOException("Input/output error");
            }
            // At its last operation the machine has done it or not.
            if (!IsDue || _chance.Next(2) == 0)
            {
                _durable.Clear();
                foreach (var (name, inode) in _cached) _durable[name] = inode;
            }
            DieIfDue();
        }
    }

    private bool IsDue => _operations >= DiesAtOperation;

    private void Count()
    {
        if (IsDead) throw Dead();
        _operations++;
    }

    private void DieIfDue()
    {
        if (!IsDue) return;
        Die();
        throw Dead();
    }

    private void Die()
    {
        IsDead = true;
        _died.TrySetResult();
        _syncGate.Set();
    }

    private static IOException Dead() => new("The machine has stopped.");

    /// <summary>A write, or a cut where there are no bytes.</summary>
    private readonly record struct Change(long Offset, byte[]? Bytes);

    private sealed class Inode
    {
        public byte[] Durable { get; set; } = [];

        public byte[] Cached { get; set; } = [];

        public List<Change> Unsynced { get; } = [];

        public void Apply(in Change change)
        {
            Cached = Applied(Cached, change);
            Unsynced.Add(change);
        }

        public void MakeDurable()
        {
            foreach (var change in Unsynced) Durable = Applied(Durable, change);
            Unsynced.Clear();
        }

        public Inode AfterPowerLoss(Random chance)
        {
            var image = Durable;
            var mode = chance.Next(4);
            foreach (var change in Unsynced)
            {
                if (mode == 0) break;
                if (change.Bytes is null)
                {
                    if (chance.Next(2) == 0) image = Applied(image, change);
                    continue;
                }
                if (mode == 1) image = Applied(image, change with { Bytes = change.Bytes[..chance.Next(change.Bytes.Length + 1)] });
                else foreach (var sector in Sectors(change)) if (mode == 3 || chance.Next(2) == 0) image = Applied(image, sector);
            }
            return new Inode { Durable = image, Cached = [.. image] };
        }

        private static IEnumerable<Change> Sectors(Change change)
        {
            for (var at = change.Offset; at < change.Offset + change.Bytes!.Length;)
            {
                var next = Math.Min(change.Offset + change.Bytes.Length, (at / Sector + 1) * Sector);
                yield return new(at, change.Bytes[(int)(at - change.Offset)..(int)(next - change.Offset)]);
                at = next;
            }
        }

        private static byte[] Applied(byte[] image, in Change change)
        {
            if (change.Bytes is null) return image.Length > change.Offset ? image[..(int)change.Offset] : [.. image, .. new byte[change.Offset - image.Length]];
            var result = new byte[Math.Max(image.Length, change.Offset + change.Bytes.Length)];
            image.CopyTo(result, 0);
            change.Bytes.CopyTo(result, change.Offset);
            return result;
        }
    }

    /// <summary>Made under the gate.</summary>
    private sealed class OpenFile : IJournalFile
    {
        private readonly FaultyFiles _files;
        private readonly Inode _inode;
        private bool _closed;

        public OpenFile(FaultyFiles files, Inode inode)
        {
            _files = files;
            _inode = inode;
            files.OpenFiles++;
        }

        public long Length
        {
            get
            {
                lock (_files._gate) return _inode.Cached.Length;
            }
        }

        public int Read(long offset, Span<byte> into)
        {
            lock (_files._gate)
            {
                if (_files.IsDead) throw Dead();
                ObjectDisposedException.ThrowIf(_closed, this);
                if (offset >= _inode.Cached.Length) return 0;
                var got = (int)Math.Min(into.Length, _inode.Cached.Length - offset);
                _inode.Cached.AsSpan((int)offset, got).CopyTo(into);
                return got;
            }
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            lock (_files._gate)
            {
                _files.Count();
                ObjectDisposedException.ThrowIf(_closed, this);
                var growth = Math.Max(0, offset + bytes.Length - _inode.Cached.Length);
                var fits = growth <= _files.SpaceLeft ? bytes.Length : (int)Math.Max(0, bytes.Length - (growth - _files.SpaceLeft));
                _files.SpaceLeft -= Math.Min(growth, _files.SpaceLeft);
                if (fits > 0) _inode.Apply(new(offset, bytes[..fits].ToArray()));
                _files.DieIfDue();
                if (fits < bytes.Length) throw new IOException("No space left on device");
            }
        }

        public void Sync()
        {
            lock (_files._gate)
            {
                _files.Count();
                ObjectDisposedException.ThrowIf(_closed, this);
                _files.SyncsBegun++;
            }
            // A test that fails while it holds syncs must still end.
            if (!_files._syncGate.Wait(2 * Patience.Long)) throw new IOException("A sync was held for too long.");
            lock (_files._gate)
            {
                if (_files.IsDead) throw Dead();
                if (_files.FailingSyncs > 0)
                {
                    _files.FailingSyncs--;
                    _inode.Unsynced.Clear();
                    throw new IOException("Input/output error");
                }
                if (!_files.IsDue || _files._chance.Next(2) == 0) _inode.MakeDurable();
                _files.DieIfDue();
            }
        }

        public void Truncate(long length)
        {
            lock (_files._gate)
            {
                _files.Count();
                ObjectDisposedException.ThrowIf(_closed, this);
                _inode.Apply(new(length, null));
                _files.DieIfDue();
            }
        }

        public void Dispose()
        {
            lock (_files._gate)
            {
                if (!_closed) _files.OpenFiles--;
                _closed = true;
            }
        }
    }
}
