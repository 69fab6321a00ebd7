//! One tree of nodes for all pointers of a reading plan, a node for each place of a frame that one of
//! them leads to.

use super::pointer::Step;
use crate::error::InvalidRule;

/// Nodes of the tree at most; wildcards and indices of the same arrays multiply.
const MAX_NODES: usize = 4096;

/// A place of a frame: what is looked at there, and the places below it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Rules for what is here.
    pub(super) rules: Vec<u16>,
    /// Guards on what is here.
    pub(super) guards: Vec<u8>,
    /// Scopes of which this is an element.
    pub(super) scopes: Vec<u8>,
    keys: Vec<(String, u16)>,
    indices: Vec<(usize, u16)>,
    each: Option<u16>,
    /// Whether a rule or a guard looks at what is here.
    pub(super) is_leaf: bool,
}

impl Node {
    /// The node of an object's member.
    pub(super) fn member(&self, key: &str) -> Option<u16> {
        self.keys.iter().find(|(name, _)| name == key).map(|&(_, node)| node)
    }

    /// The node of an array's element.
    pub(super) fn element(&self, index: usize) -> Option<u16> {
        let own = self.indices.iter().find(|(at, _)| *at == index).map(|&(_, node)| node);
        own.or(self.each)
    }
}

/// What is at the end of a pointer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaf {
    Rule(u16),
    Guard(u8),
    Scope(u8),
}

/// Builds the node at which these pointers begin, and all nodes below it. An element that pointers
/// name by index and by `*` has one node for both.
pub(super) fn build_node(
    nodes: &mut Vec<Node>,
    pointers: Vec<(&[Step], Leaf)>,
) -> Result<u16, InvalidRule> {
    if nodes.len() == MAX_NODES {
        return Err(InvalidRule::TooManyNodes(MAX_NODES));
    }
    let this = nodes.len();
    nodes.push(Node::default());
    let mut node = Node::default();
    let below = |accepts: &dyn Fn(&Step) -> bool| -> Vec<(&[Step], Leaf)> {
        let split =
            |&(steps, leaf)| <[Step]>::split_first(steps).map(|(step, rest)| (step, rest, leaf));
        let inner = pointers.iter().filter_map(split).filter(|(step, ..)| accepts(step));
        inner.map(|(_, rest, leaf)| (rest, leaf)).collect()
    };
    for &(steps, leaf) in &pointers {
        match (steps.first(), leaf) {
            (None, Leaf::Rule(rule)) => node.rules.push(rule),
            (None, Leaf::Guard(guard)) => node.guards.push(guard),
            (None, Leaf::Scope(scope)) => node.scopes.push(scope),
            (Some(Step::Each), _) => {
                if node.each.is_none() {
                    node.each = Some(build_node(nodes, below(&|step| *step == Step::Each))?);
                }
            }
            (Some(step @ Step::Key(key)), _) => {
                if node.member(key).is_none() {
                    node.keys
                        .push((key.clone(), build_node(nodes, below(&|other| other == step))?));
                }
                if let Some(index) = step.index()
                    && !node.indices.iter().any(|(at, _)| *at == index)
                {
                    let inner = below(&|other| other == step || *other == Step::Each);
                    node.indices.push((index, build_node(nodes, inner)?));
                }
            }
        }
    }
    node.is_leaf = !(node.rules.is_empty() && node.guards.is_empty());
    nodes[this] = node;
    Ok(this as u16)
}
