//! What the parser meets → the arrays of a [`Document`](super::Document).

use crate::syntax::parser::{Event, Events};
use crate::syntax::report::offset;
use crate::syntax::token::Kind;

/// The tree, flat: nodes in the order in which they start, entries in theirs.
///
/// Sixteen bytes for each, because a node can be two bytes of text (`a;`) and an entry too (` 1`). What only some have
/// stands in lists of its own, ordered by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<NodeRecord>,
    pub(super) entries: Vec<EntryRecord>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) keys: Vec<Key>,
    pub(super) blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct NodeRecord {
    pub(super) name_start: u32,
    pub(super) name_end: u32,
    /// Its first entry. Its last one is before the first one of the next node.
    pub(super) entries: u32,
    /// The next node that is not in its block.
    pub(super) next: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct EntryRecord {
    /// Where the name, the annotation or the value starts.
    pub(super) start: u32,
    pub(super) value_start: u32,
    pub(super) value_end: u32,
    pub(super) kind: Kind,
    pub(super) annotated: bool,
    /// How long the name is as written: 0 for an argument, [`LONG`] where it stands in [`Tree::keys`].
    pub(super) key: u16,
}

/// The length that stands for all greater ones.
pub(super) const LONG: u16 = u16::MAX;

#[derive(Clone, Copy, Debug)]
pub(super) struct Annotation {
    /// Where the annotated name or value starts.
    pub(super) target: u32,
    /// Where the `(` stands.
    pub(super) open: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A name of a property that is very long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) start: u32,
    pub(super) end: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) open: u32,
    pub(super) close: u32,
}

/// Builds a tree.
#[derive(Debug, Default)]
pub(super) struct Builder {
    tree: Tree,
    nodes: Vec<OpenNode>,
    blocks: Vec<OpenBlock>,
    slashdash: Option<Mark>,
    annotation: Option<Annotation>,
    annotation_open: u32,
    key: Option<(u32, u32)>,
}

#[derive(Debug)]
struct OpenNode {
    index: usize,
    slashdash: Option<Mark>,
}

#[derive(Debug)]
struct OpenBlock {
    index: usize,
    slashdash: Option<Mark>,
}

/// How long the lists were when something started that is left out.
#[derive(Clone, Copy, Debug)]
struct Mark {
    nodes: usize,
    entries: usize,
    annotations: usize,
    keys: usize,
    blocks: usize,
}

impl Builder {
    pub(super) fn finish(mut self) -> Tree {
        self.tree.nodes.shrink_to_fit();
        self.tree.entries.shrink_to_fit();
        self.tree.annotations.shrink_to_fit();
        self.tree.keys.shrink_to_fit();
        self.tree.blocks.shrink_to_fit();
        self.tree
    }

    fn mark(&self) -> Mark {
        let Tree { nodes, entries, annotations, keys, blocks } = &self.tree;
        Mark {
            nodes: nodes.len(),
            entries: entries.len(),
            annotations: annotations.len(),
            keys: keys.len(),
            blocks: blocks.len(),
        }
    }

    fn forget(&mut self, mark: Mark) {
        let Mark { nodes, entries, annotations, keys, blocks } = mark;
        self.tree.nodes.truncate(nodes);
        self.tree.entries.truncate(entries);
        self.tree.annotations.truncate(annotations);
        self.tree.keys.truncate(keys);
        self.tree.blocks.truncate(blocks);
    }

    fn name(&mut self, start: u32, end: u32) {
        self.annotate(start);
        self.nodes.push(OpenNode { index: self.tree.nodes.len(), slashdash: self.slashdash.take() });
        let entries = offset(self.tree.entries.len());
        push(&mut self.tree.nodes, NodeRecord { name_start: start, name_end: end, entries, next: 0 });
    }

    fn end_node(&mut self) {
        self.void();
        let Some(OpenNode { index, slashdash }) = self.nodes.pop() else {
            return;
        };
        self.tree.nodes[index].next = offset(self.tree.nodes.len());
        if let Some(mark) = slashdash {
            self.forget(mark);
        }
    }

    fn value(&mut self, kind: Kind, value_start: u32, value_end: u32) {
        let annotation = self.annotate(value_start);
        let (start, key) = match self.key.take() {
            None => (annotation.map_or(value_start, |it| it.open), 0),
            Some((start, end)) => (start, self.key_length(start, end)),
        };
        let annotated = annotation.is_some();
        push(&mut self.tree.entries, EntryRecord { start, value_start, value_end, kind, annotated, key });
        if let Some(mark) = self.slashdash.take() {
            self.forget(mark);
        }
    }

    fn key_length(&mut self, start: u32, end: u32) -> u16 {
        match u16::try_from(end - start) {
            Ok(length) if length < LONG => length,
            _ => {
                self.tree.keys.push(Key { start, end });
                LONG
            }
        }
    }

    fn annotate(&mut self, target: u32) -> Option<Annotation> {
        let annotation = self.annotation.take().map(|it| Annotation { target, ..it })?;
        push(&mut self.tree.annotations, annotation);
        Some(annotation)
    }

    fn open_block(&mut self, start: u32) {
        self.blocks.push(OpenBlock { index: self.tree.blocks.len(), slashdash: self.slashdash.take() });
        push(&mut self.tree.blocks, Block { open: start, close: start });
    }

    fn close_block(&mut self, end: u32) {
        self.void();
        let Some(OpenBlock { index, slashdash }) = self.blocks.pop() else {
            return;
        };
        self.tree.blocks[index].close = end;
        if let Some(mark) = slashdash {
            self.forget(mark);
        }
    }

    /// What had been begun was not ended.
    fn void(&mut self) {
        self.slashdash = None;
        self.annotation = None;
        self.key = None;
    }
}

impl Events for Builder {
    #[inline]
    fn event(&mut self, event: Event, start: usize, end: usize) {
        let (start, end) = (offset(start), offset(end));
        match event {
            Event::Value(kind) => self.value(kind, start, end),
            Event::Key => self.key = Some((start, end)),
            Event::Name => self.name(start, end),
            Event::NodeEnd => self.end_node(),
            Event::BlockOpen => self.open_block(start),
            Event::BlockClose => self.close_block(end),
            Event::AnnotationOpen => self.annotation_open = start,
            Event::Annotation => {
                self.annotation = Some(Annotation { target: 0, open: self.annotation_open, start, end });
            }
            Event::Slashdash => {
                let mark = self.mark();
                self.slashdash.get_or_insert(mark);
            }
            Event::SlashdashVoid => self.void(),
            Event::Newline
            | Event::LineComment
            | Event::BlockComment
            | Event::Continuation
            | Event::Semicolon
            | Event::AnnotationClose
            | Event::Equals => {}
        }
    }
}

/// Appends, and grows by an eighth where there is no room: doubling would take twice the memory that a text may cost.
#[inline]
fn push<T>(list: &mut Vec<T>, it: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 32);
    }
    list.push(it);
}
